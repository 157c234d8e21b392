// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/webhook/analysis.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace canaryctl {

struct analyses_options {
  analysis_options each;
  std::size_t most = 100;  ///< one that comes on top replaces the one asked longest ago
  std::chrono::nanoseconds idle = std::chrono::minutes(30);  ///< nobody asked for so long: forgotten
};

/// What happens in the background, for logs and metrics. Called on the working thread, or that of who asks.
struct analyses_events {
  std::function<void(const rollout_key&, const standing&)> decided;  ///< the decision has changed
  std::function<void(const rollout_key&, const char* why)> forgotten;
  std::function<void(const rollout_key&, const std::string&)> trouble;  ///< a new one
  std::function<void(std::size_t)> size;
};

/// The rollouts that are asked about, each judged on in the background by one thread. Forgetting one loses nothing: it
/// is judged anew from Prometheus' history when it is asked about again. Thread-safe.
class analyses {
 public:
  analyses(analyses_options options, analyses_events events);
  ~analyses();  ///< waits for a query under way, at most its time limit

  /// What is known of the rollout; one not heard of begins to be judged. Waits at most so long for all of its history.
  standing ask(const rollout_key& key, std::chrono::nanoseconds wait);

  std::vector<std::pair<rollout_key, standing>> all() const;
  /// The last round of queries got an answer, or none was needed.
  bool reachable() const;

 private:
  struct entry;

  void work(std::stop_token stop);
  void judge_on(entry& e, std::stop_token stop);
  void drop_idle(std::chrono::steady_clock::time_point now);
  std::shared_ptr<entry> find_or_begin(const rollout_key& key);

  const analyses_options options_;
  const analyses_events events_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  ///< a rollout was added, or has news
  std::map<rollout_key, std::shared_ptr<entry>> entries_;
  bool added_ = false;
  bool reachable_ = true;
  std::jthread worker_;
};

}  // namespace canaryctl
