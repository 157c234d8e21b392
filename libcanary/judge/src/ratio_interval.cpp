// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/ratio_interval.hpp>

#include "state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace canary::judge {
namespace {

constexpr double steps[2] = {1.4, 4};

void multiply(double& value, double factor) { value = std::clamp(value * factor, 1e-250, 1e250); }

}  // namespace

ratio_interval::ratio_interval(double confidence, assumption a, double max_burst)
    : rejected_at_(2 / (1 - confidence)), assume_(a), max_burst_(max_burst) {
  if (confidence <= 0) return;
  for (int i = -24; i <= 24; ++i) {
    point p;
    p.ratio = std::exp2(i / 4.0);
    points_.push_back(p);
  }
}

void ratio_interval::observe(const pair& p) {
  if (!p.informative()) return;
  for (auto& t : points_) {
    for (int i = 0; i != 2; ++i) {
      multiply(t.above[i], ratio_factor(p, t.ratio, t.ratio * steps[i], null_is::at_most, assume_, max_burst_));
      multiply(t.below[i], ratio_factor(p, t.ratio, t.ratio / steps[i], null_is::at_least, assume_, max_burst_));
    }
    t.most_above = std::max(t.most_above, t.above[0] + t.above[1]);
    t.most_below = std::max(t.most_below, t.below[0] + t.below[1]);
  }
}

double ratio_interval::low() const {
  double low = 0;
  for (const auto& t : points_) {
    if (t.most_above < rejected_at_) break;
    low = t.ratio;
  }
  return low;
}

double ratio_interval::high() const {
  double high = std::numeric_limits<double>::infinity();
  for (auto t = points_.rbegin(); t != points_.rend(); ++t) {
    if (t->most_below < rejected_at_) break;
    high = t->ratio;
  }
  return high;
}

void ratio_interval::save(state_writer& w) const {
  for (const auto& t : points_)
    for (const double x : {t.above[0], t.above[1], t.below[0], t.below[1], t.most_above, t.most_below}) w.real(x);
}

void ratio_interval::load(state_reader& r) {
  for (auto& t : points_)
    for (double* x : {&t.above[0], &t.above[1], &t.below[0], &t.below[1], &t.most_above, &t.most_below}) *x = r.real();
}

}  // namespace canary::judge
