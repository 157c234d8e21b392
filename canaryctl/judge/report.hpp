// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/exit_codes.hpp"

#include <canary/judge/verdict.hpp>

#include <boost/json/object.hpp>

#include <string>

namespace canaryctl::judge {

/// promote 0, rollback 1, inconclusive 3.
exit_code code_of(canary::judge::decision d);

/// {decision, cause, reason, metrics: [{name, stable: {requests, events, rate}, canary: {...}, ratio, ratio_low,
///  ratio_high, against, in_favour}], rollback_evidence, rollback_at, promotion_evidence, promotion_at,
///  needed: {towards, canary_requests, minutes} or null}. What has no meaning is null.
boost::json::object to_json(const canary::judge::verdict& v);

/// A bar of evidence from 1 (empty) to what decides (full), on a scale of logarithms.
std::string bar(double evidence, double full, std::size_t width);

/// Several lines: both evidences as bars, then a line a metric, then what is awaited. Without line feed at the end.
std::string picture(const canary::judge::verdict& v);
/// The same in one line, for logs.
std::string one_line(const canary::judge::verdict& v);

}  // namespace canaryctl::judge
