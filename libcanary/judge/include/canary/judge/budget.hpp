// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batch.hpp>

namespace canary::judge {

/// What would be left of an error budget after some days with all traffic on the canary.
struct budget_projection {
  double canary_rate = 0;
  double stable_rate = 0;
  double allowed_rate = 0;
  /// Share of the window's budget left at its end: 1 untouched, 0 just spent, below 0 overdrawn. It does not depend on
  /// the traffic.
  double left = 1;
  /// Days until the budget is spent; the whole window when it is not.
  double days_until_spent = 0;
  bool worse_than_stable = false;

  /// Promotion is refused only for both.
  [[nodiscard]] bool refuses() const { return left < 0 && worse_than_stable; }
};

/// \param allowed share of requests that may fail; 0: no objective, never refuses.
/// Worse than stable: by more than one standard error of the difference of the two rates, so that a canary just as good
/// as a stable that is itself over budget is not refused by the toss of a coin.
[[nodiscard]] budget_projection project_budget(tally stable, tally canary, double allowed, double days);

}  // namespace canary::judge
