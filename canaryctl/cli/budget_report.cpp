// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/budget_report.hpp"

#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace canaryctl {
namespace json = boost::json;

namespace {

const char* to_string(budget_state state) {
  switch (state) {
    case budget_state::within:
      return "within";
    case budget_state::exhausted:
      return "exhausted";
    case budget_state::no_traffic:
      return "no_traffic";
    case budget_state::no_budget:
      return "no_budget";
    case budget_state::broken:
      return "broken";
    case budget_state::not_a_number:
      return "not_a_number";
  }
  return "unknown";
}

json::value or_null(std::optional<double> value) { return value ? number_or_null(*value) : json::value(nullptr); }

std::string shown(std::optional<double> value, int digits) { return value ? decimals(*value, digits) : "-"; }

std::string minutes(double value) {
  const auto seconds = std::chrono::seconds(std::llround(std::abs(value) * 60));
  return (value < 0 ? "-" : "") + format_duration(seconds);
}

json::object to_json(const version_budget& one) {
  const auto& report = one.report;
  json::object out;
  out["version"] = one.version.empty() ? json::value(nullptr) : json::value(one.version);
  out["total"] = number_or_null(one.total);
  out["errors"] = number_or_null(one.errors);
  out["state"] = to_string(report.state);
  out["words"] = report.words;
  out["error_ratio"] = or_null(report.error_ratio);
  out["allowed_requests"] = or_null(report.allowed_requests);
  out["left_requests"] = or_null(report.left_requests);
  out["spent_share"] = or_null(report.spent_share);
  out["burn_rate"] = or_null(report.burn_rate);
  json::array table;
  for (const auto& rule : burn_rules) {
    const auto exceeded = report.burn_rate ? json::value(*report.burn_rate > rule.factor) : json::value(nullptr);
    table.push_back(json::object{{"factor", rule.factor}, {"exceeded", exceeded}});
  }
  out["burn_table"] = std::move(table);
  out["budget_minutes"] = report.budget_minutes;
  out["spent_minutes"] = or_null(report.spent_minutes);
  out["left_minutes"] = or_null(report.left_minutes);
  out["window_spent_share"] = or_null(report.window_spent_share);
  out["window_left_share"] = or_null(report.window_left_share);
  out["lasts_seconds"] = report.lasts ? number_or_null(report.lasts->count()) : json::value(nullptr);
  json::array rules;
  for (const auto& state : one.rules) {
    rules.push_back(json::object{{"factor", state.rule.factor},
                                 {"severity", state.rule.severity},
                                 {"long_seconds", state.rule.long_window.count()},
                                 {"short_seconds", state.rule.short_window.count()},
                                 {"long_rate", or_null(state.long_rate)},
                                 {"short_rate", or_null(state.short_rate)},
                                 {"firing", state.firing}});
  }
  out["rules"] = std::move(rules);
  return out;
}

/// "above 3, below 6": where a burn rate stands in the table of thresholds.
std::string place_in_table(double rate) {
  std::string below;
  for (auto rule = burn_rules.rbegin(); rule != burn_rules.rend(); ++rule) {
    if (rate <= rule->factor)
      return (below.empty() ? "not above " : "above " + below + ", not above ") +
             decimals(rule->factor, rule->factor == 14.4);
    below = decimals(rule->factor, rule->factor == 14.4);
  }
  return "above " + below;
}

void print_one(std::ostream& out, const version_budget& one) {
  const auto& report = one.report;
  if (!one.version.empty()) out << one.version << '\n';
  if (report.state == budget_state::not_a_number || report.state == budget_state::no_traffic) {
    out << "  " << report.words << '\n';
    return;
  }
  out << "  requests  " << decimals(one.total, 0) << ", failed " << decimals(one.errors, 0) << '\n'
      << "  allowed   " << shown(report.allowed_requests, 1) << " requests, left " << shown(report.left_requests, 1)
      << '\n';
  if (report.spent_minutes) {
    out << "  minutes   " << minutes(report.budget_minutes) << " in the window, spent "
        << minutes(*report.spent_minutes) << ", left " << minutes(*report.left_minutes) << '\n'
        << "  spent     " << decimals(100 * *report.window_spent_share, 1) << " % of the window's budget, left "
        << decimals(100 * *report.window_left_share, 1) << " %\n"
        << "  burn rate " << decimals(*report.burn_rate, 2) << " (" << place_in_table(*report.burn_rate) << ")\n";
  }
  for (const auto& state : one.rules) {
    out << "  " << (state.firing ? "FIRES " : "quiet ") << decimals(state.rule.factor, state.rule.factor == 14.4)
        << ": " << format_duration(state.rule.long_window) << ' ' << shown(state.long_rate, 2) << ", "
        << format_duration(state.rule.short_window) << ' ' << shown(state.short_rate, 2) << " (" << state.rule.severity
        << ")\n";
  }
  out << "  " << report.words << '\n';
}

}  // namespace

exit_code verdict(const budget_answer& answer) {
  bool counted = false;
  for (const auto& one : answer.versions) {
    const auto state = one.report.state;
    if (state == budget_state::exhausted || state == budget_state::broken) return exit_code::fail;
    if (std::any_of(one.rules.begin(), one.rules.end(), [](const auto& rule) { return rule.firing; })) {
      return exit_code::fail;
    }
    counted = counted || state == budget_state::within || state == budget_state::no_budget;
  }
  return counted ? exit_code::pass : exit_code::inconclusive;
}

json::object to_json(const budget_answer& answer) {
  json::object out;
  out["slo"] = answer.slo;
  out["window_seconds"] = std::chrono::duration<double>(answer.window).count();
  json::array budgets;
  for (const auto& one : answer.versions) budgets.push_back(to_json(one));
  out["budgets"] = std::move(budgets);
  json::array notes;
  for (const auto& note : answer.notes) notes.push_back(json::string(note));
  out["notes"] = std::move(notes);
  add_verdict(out, verdict(answer));
  return out;
}

void print(std::ostream& out, const budget_answer& answer) {
  out << "objective " << decimals(answer.slo, 3) << " % over " << format_duration(answer.window) << '\n';
  for (const auto& one : answer.versions) print_one(out, one);
  for (const auto& note : answer.notes) out << "note: " << note << '\n';
  out << to_string(verdict(answer)) << '\n';
}

}  // namespace canaryctl
