// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace canaryctl::demo {

struct track_evidence {
  double requests = 0;
  double errors = 0;
};

struct decision {
  bool rollback = false;
  double p_value = 1;  ///< of what was seen, were the canary no worse than stable
  std::string reason;
};

/// Rolls back when the canary is worse than stable beyond reasonable doubt. The rule, an exact test: were both error
/// rates equal, each of the errors seen would be the canary's with a chance of its share of the requests, so the
/// canary's part would be binomial. Roll back when a part at least as large as the one seen has a chance of at most
/// 1e-6, divided by `looks`: the number of times that the same data may be looked at (Bonferroni).
decision decide(const track_evidence& stable, const track_evidence& canary, unsigned looks);

}  // namespace canaryctl::demo
