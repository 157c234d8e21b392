// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/prometheus_range.hpp"
#include "canaryctl/judge/engine.hpp"
#include "canaryctl/judge/prometheus_source.hpp"
#include "canaryctl/webhook/rollout.hpp"

#include <canary/judge/verdict.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace canaryctl {

/// How each rollout is judged.
struct analysis_options {
  judge::engine_options engine;
  judge::prometheus_options source;
  /// `{namespace}` and `{name}` stand for what the controller asks about.
  std::string stable_select;
  std::string canary_select;
  std::chrono::nanoseconds interval = std::chrono::seconds(5);  ///< between rounds; not below Prometheus' scrapes
  std::chrono::nanoseconds settle = std::chrono::seconds(2);    ///< until a scrape is surely stored
  std::chrono::nanoseconds look_back = std::chrono::hours(24);  ///< a rollout is not older
  std::chrono::nanoseconds gap = std::chrono::minutes(2);       ///< without a canary, beside a stable: another rollout
};

/// What is known of a rollout.
struct standing {
  canary::judge::verdict verdict;
  std::string trouble;      ///< why nothing newer is known: Prometheus does not answer, no canary was seen; empty: none
  bool reached = true;      ///< Prometheus answered the last time
  double began = 0;         ///< seconds since the epoch; 0: no canary was seen
  double judged_until = 0;  ///< the last round
  std::uint64_t batches = 0;
};

/// One rollout, judged from Prometheus' history and nothing else. Time is a grid of whole multiples of the interval.
/// The rollout begins at the first point of the grid from which on the canary is there, without more than `gap` in
/// which stable was seen and the canary was not. From there each point is a round, in order, whether it lies in the
/// past or is reached as time goes by: so a webhook that was restarted, or forgot a rollout, comes to the same evidence
/// to the bit, and alpha is spent once.
///
/// One thread; `advance` blocks.
class analysis {
 public:
  /// \throws std::invalid_argument naming a selector that is ill-formed.
  analysis(rollout_key key, analysis_options options);
  ~analysis();

  /// Every round up to `now` that is not yet judged, at most `most` of them. \returns whether there are more.
  bool advance(double now, std::size_t most);
  /// The canary went away while stable stayed: what is asked about next is another rollout.
  bool over() const;

  const standing& state() const { return standing_; }
  const rollout_key& key() const { return key_; }

 private:
  std::optional<double> find_beginning(double until);
  void look(bool with_forecast);

  const rollout_key key_;
  analysis_options options_;
  prometheus_client client_;
  prometheus_range history_;
  std::unique_ptr<judge::prometheus_source> source_;
  judge::engine engine_;
  double clock_ = 0;  ///< the point of the grid that the source looks at
  double next_ = 0;
  standing standing_;
};

}  // namespace canaryctl
