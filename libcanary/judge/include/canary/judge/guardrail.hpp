// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batcher.hpp>
#include <canary/judge/verdict.hpp>

#include <optional>
#include <string>

namespace canary::judge {

/// What a source of counts knows beside the counts. Leave out what it cannot know.
struct conditions {
  std::optional<unsigned> ready_canary_endpoints{};
  unsigned canary_restarts = 0;  ///< of pods of the version under test, since the rollout began
  double seconds_without_canary_traffic = 0;
  double seconds_without_ready_canary = 0;
  double seconds_without_metrics = 0;  ///< of a whole track
  std::string missing{};               ///< what is missing: "stable", "canary", a metric's name
  std::string differing_bounds{};      ///< the histogram whose bounds are not the same in both tracks; empty: all are
};

struct guardrail_limits {
  unsigned restarts = 3;
  double seconds_without_traffic = 120;
  double seconds_without_ready = 120;
  double seconds_without_metrics = 60;
};

/// What scraping alone tells: restarts, silence, no traffic. Endpoints and bounds are left for the caller to add.
[[nodiscard]] conditions observed(const batcher& b);

/// Looked at before any evidence is. Crash loop and no ready canary roll back; the others are inconclusive: they say
/// that nothing can be said, and what to look at. \returns nothing when all is well.
[[nodiscard]] std::optional<verdict> guard(const conditions& c, const guardrail_limits& limits = {});

}  // namespace canary::judge
