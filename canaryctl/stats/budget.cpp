// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/stats/budget.hpp"

#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"

#include <cmath>

namespace canaryctl {

namespace {

bool is_count(double value) { return std::isfinite(value) && value >= 0; }

/// The share of requests that may fail. Written so that 99.9 gives 0.001 and not 0.00099999999999998.
double allowed_share(double slo) { return std::round((100 - slo) * 1e9) / 1e11; }

std::string percent(double share) { return decimals(100 * share, share < 0.01 ? 3 : 1) + " %"; }

void add_shares(const budget_input& input, budget_report& out) {
  const double share = allowed_share(input.slo);
  const double covered = input.counted_over ? std::min(1.0, *input.counted_over / input.window) : 1.0;
  out.allowed_requests = input.total * share;
  out.left_requests = *out.allowed_requests - input.errors;
  out.spent_share = input.errors / *out.allowed_requests;
  out.burn_rate = *out.error_ratio / share;
  out.window_spent_share = *out.spent_share * covered;
  out.window_left_share = 1 - *out.window_spent_share;
  out.spent_minutes = *out.window_spent_share * out.budget_minutes;
  out.left_minutes = out.budget_minutes - *out.spent_minutes;
  if (input.errors > 0) out.lasts = input.window / *out.burn_rate;
}

}  // namespace

budget_report work_out_budget(const budget_input& input) {
  budget_report out;
  const double share = allowed_share(input.slo);
  out.budget_minutes = input.window.count() / 60 * share;
  if (!is_count(input.total) || !is_count(input.errors) || input.errors > input.total) {
    out.state = budget_state::not_a_number;
    out.words = std::isnan(input.total) || std::isnan(input.errors)
                    ? "The counts are not numbers (NaN): there was no data to count, so nothing can be said."
                    : "The counts are impossible: both must be finite, none negative, and errors at most the requests.";
    return out;
  }
  if (input.total == 0) {
    out.state = budget_state::no_traffic;
    out.words = "No requests were counted: the budget is untouched, and nothing can be said about the service.";
    return out;
  }
  out.error_ratio = input.errors / input.total;
  if (share <= 0) {
    out.allowed_requests = 0;
    out.left_requests = -input.errors;
    out.state = input.errors > 0 ? budget_state::broken : budget_state::no_budget;
    out.words =
        input.errors > 0
            ? "An objective of 100 % allows no failed request, and some failed: it is broken and no budget can "
              "bring it back within the window."
            : "An objective of 100 % leaves no budget: it is met so far, and the first failed request breaks it.";
    return out;
  }
  add_shares(input, out);
  out.state = *out.window_spent_share > 1 ? budget_state::exhausted : budget_state::within;
  out.words = "The requests counted allow " + decimals(*out.allowed_requests, 1) + " failures (" + percent(share) +
              "); " + decimals(input.errors, 0) + " failed, " + percent(*out.spent_share) + " of that";
  if (out.lasts) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*out.lasts);
    out.words += "; at this rate a full budget lasts " + format_duration(seconds) + ".";
  } else {
    out.words += ".";
  }
  return out;
}

std::optional<double> burn_rate(double slo, double total, double errors) {
  const double share = allowed_share(slo);
  if (!is_count(total) || !is_count(errors) || total == 0 || share <= 0) return std::nullopt;
  return errors / total / share;
}

bool fires(const burn_rule& rule, std::optional<double> long_rate, std::optional<double> short_rate) {
  return long_rate && short_rate && *long_rate > rule.factor && *short_rate > rule.factor;
}

}  // namespace canaryctl
