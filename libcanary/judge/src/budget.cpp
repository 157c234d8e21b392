// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/budget.hpp>

#include <cmath>

namespace canary::judge {
namespace {

double rate(tally t) { return t.total ? double(t.events) / double(t.total) : 0; }

}  // namespace

budget_projection project_budget(tally stable, tally canary, double allowed, double days) {
  budget_projection b;
  b.canary_rate = rate(canary);
  b.stable_rate = rate(stable);
  b.allowed_rate = allowed;
  b.days_until_spent = days;
  if (allowed > 0) {
    b.left = 1 - b.canary_rate / allowed;
    if (b.canary_rate > allowed) b.days_until_spent = days * allowed / b.canary_rate;
  }
  if (!canary.total) return b;
  double variance = b.canary_rate * (1 - b.canary_rate) / double(canary.total);
  if (stable.total) variance += b.stable_rate * (1 - b.stable_rate) / double(stable.total);
  b.worse_than_stable = b.canary_rate > b.stable_rate + std::sqrt(variance);
  return b;
}

}  // namespace canary::judge
