// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/webhook/analyses.hpp"
#include "canaryctl/webhook/gates.hpp"

#include <canary/service.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace canaryctl {

/// What the webhook answers, and what it tells of itself:
///   POST /flagger/GATE            Flagger's webhook: 200 or 403, in words
///   GET, POST /argo-rollouts      Argo Rollouts' web metric: {successful, failed, inconclusive, ...}
///   GET /rollouts                 everything that is known, as JSON
class webhook {
 public:
  /// Adds its routes and metrics to the service, which must live as long.
  webhook(canary::service& service, analyses_options options, std::chrono::nanoseconds patience);
  ~webhook();

 private:
  canary::asio::awaitable<canary::response> flagger(gate g, const canary::request& r, canary::context& c);
  canary::asio::awaitable<canary::response> argo_rollouts(const canary::request& r, canary::context& c);
  canary::response rollouts() const;
  canary::asio::awaitable<standing> ask(const rollout_key& key, canary::context& c);
  analyses_events events();
  void count(const char* asked_by, std::string_view decided);

  canary::service& service_;
  const analyses_options options_;
  const std::chrono::nanoseconds patience_;
  std::map<std::pair<std::string, std::string>, prometheus::Counter*> answers_;
  prometheus::Counter& refused_;
  prometheus::Counter& forgotten_;
  prometheus::Counter& troubles_;
  prometheus::Gauge& judged_;
  std::unique_ptr<analyses> analyses_;
};

}  // namespace canaryctl
