// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/factor.hpp>

#include <vector>

namespace canary::judge {

class state_writer;
class state_reader;

/// Confidence sequence for the ratio of the canary's rate to stable's: with the stated confidence the ratio is inside
/// *at every look*, not only at one chosen beforehand. By inversion: each of 49 ratios from 1/64 to 64 is tested from
/// both sides.
class ratio_interval {
 public:
  /// \param confidence in (0, 1); 0: keeps nothing and always answers [0, inf).
  ratio_interval(double confidence, assumption a, double max_burst);

  void observe(const pair& p);
  /// 0 while every small ratio is still possible.
  [[nodiscard]] double low() const;
  /// Infinite while every large ratio is still possible.
  [[nodiscard]] double high() const;

  void save(state_writer& w) const;
  void load(state_reader& r);

 private:
  /// Both tests of one ratio, each a mixture of a small and a large alternative, and the largest value they had.
  struct point {
    double ratio = 1;
    double above[2] = {.5, .5};
    double below[2] = {.5, .5};
    double most_above = 1;
    double most_below = 1;
  };
  double rejected_at_;
  assumption assume_;
  double max_burst_;
  std::vector<point> points_;
};

}  // namespace canary::judge
