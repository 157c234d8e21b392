// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/guardrail.hpp>

#include "words.hpp"

#include <algorithm>

namespace canary::judge {
namespace {

verdict say(decision d, cause c, std::string reason) {
  verdict v;
  v.decided = d;
  v.because = c;
  v.reason = std::move(reason);
  return v;
}

}  // namespace

conditions observed(const batcher& b) {
  conditions c;
  c.canary_restarts = unsigned(b.counts().restarts_canary);
  c.seconds_without_canary_traffic = b.seconds_without_traffic(track::canary);
  const double stable = b.seconds_without_samples(track::stable);
  const double canary = b.seconds_without_samples(track::canary);
  c.seconds_without_metrics = std::max(stable, canary);
  c.missing = stable == canary ? "either track" : stable > canary ? "stable" : "the canary";
  return c;
}

std::optional<verdict> guard(const conditions& c, const guardrail_limits& limits) {
  if (c.canary_restarts >= limits.restarts)
    return say(decision::rollback, cause::crash_loop,
               "Rolled back: the canary's containers restarted " + std::to_string(c.canary_restarts) + " times; " +
                   std::to_string(limits.restarts) + " are taken for a crash loop.");
  if (c.ready_canary_endpoints == 0u && c.seconds_without_ready_canary >= limits.seconds_without_ready)
    return say(decision::rollback, cause::no_ready_canary,
               "Rolled back: no canary pod has been ready for " + duration(c.seconds_without_ready_canary) + ".");
  if (!c.differing_bounds.empty())
    return say(decision::inconclusive, cause::bounds_differ,
               "Inconclusive: stable and canary do not have the same bucket bounds in " + c.differing_bounds +
                   ", so slow requests cannot be compared.");
  if (c.seconds_without_metrics >= limits.seconds_without_metrics)
    return say(decision::inconclusive, cause::metrics_missing,
               "Inconclusive: no metrics of " + (c.missing.empty() ? std::string("one track") : c.missing) + " for " +
                   duration(c.seconds_without_metrics) + ".");
  if (c.seconds_without_canary_traffic >= limits.seconds_without_traffic)
    return say(decision::inconclusive, cause::canary_without_traffic,
               "Inconclusive: the canary has had no request for " + duration(c.seconds_without_canary_traffic) +
                   "; look at its weight and its route.");
  return std::nullopt;
}

}  // namespace canary::judge
