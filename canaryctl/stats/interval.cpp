// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/stats/interval.hpp"

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>

namespace canaryctl {

namespace {

// double is exact enough here, and in long double the incomplete beta function gives up at smaller counts.
using in_double = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
using beta_distribution = boost::math::beta_distribution<double, in_double>;
using normal_distribution = boost::math::normal_distribution<double, in_double>;
using binomial_distribution = boost::math::binomial_distribution<double, in_double>;

/// The share with the chance `tail` of the beta distribution below it (or above it, if `upper`).
double beta_quantile(double a, double b, double tail, bool upper) {
  // From 1e5 on both sides Boost's series may give up, and of 1e10 trials with 2,000 hits Boost 1.81 is wrong by a
  // factor of two. There Abramowitz and Stegun 26.5.22 is within 1e-5 and 1e-3 standard deviations of the truth.
  const double smaller = std::min(a, b);
  if (smaller < 1e3 || (smaller < 1e5 && a + b < 1e9)) {
    const beta_distribution shares(a, b);
    return upper ? quantile(complement(shares, tail)) : quantile(shares, tail);
  }
  const double far = quantile(complement(normal_distribution(), tail));
  const double y = upper ? -far : far;
  const double h = 2 / (1 / (2 * a - 1) + 1 / (2 * b - 1));
  const double lambda = (y * y - 3) / 6;
  const double w =
      y * std::sqrt(h + lambda) / h - (1 / (2 * b - 1) - 1 / (2 * a - 1)) * (lambda + 5.0 / 6 - 2 / (3 * h));
  return a / (a + b * std::exp(2 * w));
}

/// The chance that a true share leads to a count that the test rejects.
double rejected(const acceptance& accepted, std::uint64_t n, double share) {
  const binomial_distribution counts(static_cast<double>(n), share);
  double chance = 0;
  if (accepted.lowest > 0) chance += cdf(counts, static_cast<double>(accepted.lowest - 1));
  if (accepted.highest < n) chance += cdf(complement(counts, static_cast<double>(accepted.highest)));
  return chance;
}

/// The share between `missed` (not noticed) and `noticed` where noticing begins.
double boundary(const acceptance& accepted, std::uint64_t n, double power, double missed, double noticed) {
  for (int i = 0; i < 100; ++i) {
    const double middle = (missed + noticed) / 2;
    (rejected(accepted, n, middle) >= power ? noticed : missed) = middle;
  }
  return noticed;
}

}  // namespace

interval clopper_pearson(std::uint64_t hits, std::uint64_t n, double confidence) {
  interval out;
  if (n == 0) return out;
  const double half = (1 - confidence) / 2;
  const auto k = static_cast<double>(hits);
  const auto rest = static_cast<double>(n - hits);
  if (hits > 0) out.lower = beta_quantile(k, rest + 1, half, false);
  if (hits < n) out.upper = beta_quantile(k + 1, rest, half, true);
  return out;
}

acceptance accepted_counts(double expected, std::uint64_t n, double confidence) {
  // The bounds of the interval grow with the count, so both ends are found by bisection.
  std::uint64_t low = 0;
  std::uint64_t high = n;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    (clopper_pearson(middle, n, confidence).upper >= expected) ? high = middle : low = middle + 1;
  }
  acceptance out;
  out.lowest = low;
  high = n;
  while (low < high) {
    const auto middle = low + (high - low + 1) / 2;
    (clopper_pearson(middle, n, confidence).lower <= expected) ? low = middle : high = middle - 1;
  }
  out.highest = low;
  out.can_fail = out.lowest > 0 || out.highest < n;
  return out;
}

detectable detectable_shares(double expected, std::uint64_t n, double confidence, double power) {
  const auto accepted = accepted_counts(expected, n, confidence);
  detectable out;
  if (accepted.lowest > 0 && rejected(accepted, n, 0) >= power) {
    out.below = boundary(accepted, n, power, expected, 0);
  }
  if (accepted.highest < n && rejected(accepted, n, 1) >= power) {
    out.above = boundary(accepted, n, power, expected, 1);
  }
  return out;
}

}  // namespace canaryctl
