// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batch.hpp>
#include <canary/judge/budget.hpp>
#include <canary/judge/options.hpp>
#include <canary/judge/verdict.hpp>

#include <string>

namespace canary::judge {

[[nodiscard]] std::string duration(double seconds);  ///< "90 s", "12 min", "3.5 h"
[[nodiscard]] std::string percent(double share);     ///< "0.12 %"
[[nodiscard]] std::string share_of(const tally& t);  ///< "12 of 240 (5 %)"
[[nodiscard]] std::string round_number(double x);    ///< two digits: "1,200"

[[nodiscard]] std::string rollback_reason(const verdict& v, double alpha);
[[nodiscard]] std::string promotion_reason(const verdict& v, double beta);
[[nodiscard]] std::string over_budget_reason(const budget_projection& b, double days);
[[nodiscard]] std::string waiting_reason(const verdict& v);

}  // namespace canary::judge
