// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace canaryctl {

/// What an error budget is worked out from. Counts are doubles because increase() in Prometheus extrapolates.
struct budget_input {
  double slo = 99.9;                                       ///< objective in per cent of good requests, 0 < slo <= 100
  std::chrono::duration<double> window{30.0 * 24 * 3600};  ///< the objective's window
  std::optional<std::chrono::duration<double>> counted_over;  ///< the time the counts cover; absent: the whole window
  double total = 0;
  double errors = 0;
};

enum class budget_state {
  within,       ///< something is left
  exhausted,    ///< more errors than the objective allows
  no_traffic,   ///< no requests: nothing can be said
  no_budget,    ///< an objective of 100 %: nothing may fail, and nothing has
  broken,       ///< an objective of 100 % and at least one error
  not_a_number  ///< a count is NaN, infinite, negative, or there are more errors than requests
};

/// All in the units of the input. A number that has no meaning in a state is absent, never inf or NaN.
struct budget_report {
  budget_state state = budget_state::no_traffic;
  std::optional<double> error_ratio;       ///< errors / total
  std::optional<double> allowed_requests;  ///< of the requests counted, how many may fail
  std::optional<double> left_requests;     ///< allowed - errors; negative if overspent
  std::optional<double> spent_share;       ///< errors / allowed; 1 is all of it
  std::optional<double> burn_rate;         ///< error_ratio / (1 - slo): 1 spends the window's budget in the window
  double budget_minutes = 0;               ///< full outage the objective allows in the window
  std::optional<double> spent_minutes;     ///< of these; only the share of the window that was counted
  std::optional<double> left_minutes;
  std::optional<double> window_spent_share;  ///< of the whole window's budget at this traffic
  std::optional<double> window_left_share;
  std::optional<std::chrono::duration<double>> lasts;  ///< a full budget lasts this long at this burn rate
  std::string words;                                   ///< one sentence for people
};

/// Pure arithmetic, never throws. Projection: `counted_over` shorter than the window assumes the same traffic in the
/// rest and no error in it for `window_*`, the same burn rate for `lasts`.
budget_report work_out_budget(const budget_input& input);

/// Multi-window, multi-burn-rate alerts of the Google SRE Workbook, chapter 5, table 5-8, for a window of 30 days.
struct burn_rule {
  double factor;
  std::chrono::seconds long_window;
  std::chrono::seconds short_window;
  const char* severity;  ///< "page" or "ticket"
};
constexpr std::array<burn_rule, 4> burn_rules{{
    {14.4, std::chrono::hours(1), std::chrono::minutes(5), "page"},
    {6, std::chrono::hours(6), std::chrono::minutes(30), "page"},
    {3, std::chrono::hours(24), std::chrono::hours(2), "ticket"},
    {1, std::chrono::hours(72), std::chrono::hours(6), "ticket"},
}};

/// Burn rate of one window: 0 < slo < 100; absent without traffic or when a count is no number.
std::optional<double> burn_rate(double slo, double total, double errors);

/// A rule fires when both windows burn faster than its factor; a window without a rate does not.
bool fires(const burn_rule& rule, std::optional<double> long_rate, std::optional<double> short_rate);

}  // namespace canaryctl
