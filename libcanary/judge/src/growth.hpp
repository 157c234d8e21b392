// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/factor.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace canary::judge {

/// A few counts with their probabilities that stand for Poisson(mean): all that matter where they are few,
/// else 17 spread over four standard deviations to either side.
[[nodiscard]] std::vector<std::pair<double, double>> poisson_points(double mean);

/// E[log factor] of a batch with these totals when events are independent with these rates; -inf is never returned.
[[nodiscard]] double expected_log(double stable_total, double stable_rate, double canary_total, double canary_rate,
                                  const std::function<double(const pair&)>& factor);

}  // namespace canary::judge
