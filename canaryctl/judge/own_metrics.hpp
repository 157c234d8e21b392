// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/judge/engine.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace canaryctl::judge {

/// What a judge tells of itself, as metrics named `canaryctl_judge_...`. Written by the thread that judges, read by
/// any.
class own_metrics {
 public:
  using clock = std::chrono::steady_clock;

  /// Takes over what the engine knows now. \param problems so far; \param closed whether a batch closed just now
  void update(const engine& judged, std::uint64_t problems, bool closed, clock::time_point now = clock::now());
  /// The text format 0.0.4. Ages are as of `now`.
  std::string render(clock::time_point now = clock::now()) const;

 private:
  struct state {
    canary::judge::verdict verdict;
    canary::judge::batcher_counts counts;
    std::uint64_t batches = 0;
    std::uint64_t problems = 0;
    std::size_t pods[2] = {0, 0};
    unsigned canary_restarts = 0;  ///< those before a restart of the judge, too
    clock::time_point last_batch{};
  };

  mutable std::mutex mutex_;
  std::optional<state> known_;
};

}  // namespace canaryctl::judge
