// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/factor.hpp>

#include <algorithm>
#include <cmath>

namespace canary::judge {
namespace {

constexpr double log_limit = 575.0;  // exp of it is about 1e250

double bounded_exp(double x) { return std::exp(std::clamp(x, -log_limit, log_limit)); }

/// count * log(share ratio), where 0 counts of an impossible event are no evidence.
double weighted_log(double count, double numerator, double denominator) {
  if (count == 0 || numerator == denominator) return 0;
  if (denominator <= 0) return log_limit;
  if (numerator <= 0) return -log_limit;
  return count * std::log(numerator / denominator);
}

/// The ratio that stands in for `ratio` > 1 among n requests; 0: none does.
double widened(double ratio, double n) { return n <= ratio ? 0 : ratio * (n - 1) / (n - ratio); }

}  // namespace

double event_share(double canary_total, double stable_total, double ratio) {
  const double a = canary_total * ratio;
  return a / (a + stable_total);
}

double null_share(double canary_total, double stable_total, double ratio, null_is side) {
  const double n = canary_total + stable_total;
  if (side == null_is::at_most && ratio > 1) {
    const double wide = widened(ratio, n);
    return wide > 0 ? event_share(canary_total, stable_total, wide) : 1;
  }
  if (side == null_is::at_least && ratio < 1) {
    const double wide = ratio > 0 ? widened(1 / ratio, n) : 0;
    return wide > 0 ? event_share(canary_total, stable_total, 1 / wide) : 0;
  }
  return event_share(canary_total, stable_total, ratio);
}

double betting_factor(const pair& p, double null_ratio, double alternative, null_is side) {
  if (!p.informative()) return 1;
  const auto canary = double(p.canary.total);
  const auto stable = double(p.stable.total);
  const double q0 = null_share(canary, stable, null_ratio, side);
  const double q1 = event_share(canary, stable, alternative);
  if (side == null_is::at_most ? !(q1 > q0) : !(q1 < q0)) return 1;
  const double y = double(p.canary.events) / p.events();
  return y * (q1 / q0) + (1 - y) * ((1 - q1) / (1 - q0));
}

double binomial_factor(const pair& p, double null_ratio, double alternative, double max_burst) {
  if (!p.informative()) return 1;
  const auto canary = double(p.canary.total);
  const auto stable = double(p.stable.total);
  const double q0 = event_share(canary, stable, null_ratio);
  const double q1 = event_share(canary, stable, alternative);
  return bounded_exp(
      (weighted_log(double(p.canary.events), q1, q0) + weighted_log(double(p.stable.events), 1 - q1, 1 - q0)) /
      max_burst);
}

double ratio_factor(const pair& p, double null_ratio, double alternative, null_is side, assumption a,
                    double max_burst) {
  return a == assumption::independent ? binomial_factor(p, null_ratio, alternative, max_burst)
                                      : betting_factor(p, null_ratio, alternative, side);
}

double allowed_factor(tally canary, double allowed, double q, double max_burst) {
  if (!canary.total) return 1;
  const auto events = double(canary.events);
  const double rest = double(canary.total) - events;
  // log1p keeps the few digits that matter when a billion requests meet an allowed share of 1e-6.
  return bounded_exp((weighted_log(events, q, allowed) + rest * (std::log1p(-q) - std::log1p(-allowed))) / max_burst);
}

}  // namespace canary::judge
