// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/prometheus.hpp"
#include "canaryctl/exit_codes.hpp"
#include "canaryctl/stats/budget.hpp"

#include <boost/json/object.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace canaryctl {

/// What is asked of Prometheus.
struct budget_query {
  std::string metric = "http_requests_total";
  std::string errors_match = R"(code=~"5.*")";
  std::string selector;
  std::string by = "version";
};

struct rule_state {
  burn_rule rule;
  std::optional<double> long_rate;  ///< absent: no traffic in that window
  std::optional<double> short_rate;
  bool firing = false;
};

struct version_budget {
  std::string version;  ///< "" where the counts are not told apart; "all" for the sum of several
  double total = 0;
  double errors = 0;
  budget_report report;
  std::vector<rule_state> rules;  ///< empty where only totals are known, or nothing may fail
};

struct budget_answer {
  double slo = 99.9;
  std::chrono::nanoseconds window{};
  std::vector<version_budget> versions;
  std::vector<std::string> notes;  ///< what limits these numbers, for people
};

/// Asks for increase() over the window and over the windows of the burn rules, by version. Several versions are also
/// summed as "all", because the objective is the service's.
boost::system::result<budget_answer, prometheus_error> ask_prometheus(const prometheus_client& client,
                                                                      const budget_query& query, double slo,
                                                                      std::chrono::nanoseconds window);

/// fail if a budget is exhausted, an objective of 100 % broken, or a rule fires; inconclusive if nothing was counted.
exit_code verdict(const budget_answer& answer);

/// {slo, window_seconds, budgets: [{version, total, errors, state, words, error_ratio, allowed_requests, left_requests,
///  spent_share, burn_rate, burn_table: [{factor, exceeded}], budget_minutes, spent_minutes, left_minutes,
///  window_spent_share, window_left_share, lasts_seconds, rules: [{factor, severity, long_seconds, short_seconds,
///  long_rate, short_rate, firing}]}], notes, verdict, exit_code}. What has no meaning is null.
boost::json::object to_json(const budget_answer& answer);
void print(std::ostream& out, const budget_answer& answer);

}  // namespace canaryctl
