// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/stats/budget.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace canaryctl;
using std::chrono::hours;

BOOST_AUTO_TEST_SUITE(error_budget)

namespace {

budget_report report_of(double slo, double total, double errors) {
  budget_input input;
  input.slo = slo;
  input.total = total;
  input.errors = errors;
  return work_out_budget(input);
}

bool near(std::optional<double> value, double expected) {
  return value && std::abs(*value - expected) <= 1e-9 * std::max(1.0, std::abs(expected));
}

}  // namespace

BOOST_AUTO_TEST_CASE(three_nines_over_thirty_days) {
  const auto report = report_of(99.9, 1'000'000, 400);
  BOOST_TEST((report.state == budget_state::within));
  BOOST_TEST(near(report.allowed_requests, 1000));
  BOOST_TEST(near(report.left_requests, 600));
  BOOST_TEST(near(report.spent_share, 0.4));
  BOOST_TEST(near(report.burn_rate, 0.4));
  BOOST_TEST(near(report.budget_minutes, 43.2));
  BOOST_TEST(near(report.spent_minutes, 17.28));
  BOOST_TEST(near(report.left_minutes, 25.92));
  BOOST_TEST(near(report.lasts->count(), 75 * 86400.0));
}

BOOST_AUTO_TEST_CASE(exactly_spent_is_not_exhausted_and_one_more_is) {
  BOOST_TEST((report_of(99.9, 1'000'000, 1000).state == budget_state::within));
  BOOST_TEST((report_of(99.9, 1'000'000, 1001).state == budget_state::exhausted));
}

BOOST_AUTO_TEST_CASE(counts_of_an_hour_spend_an_hours_part_of_the_window) {
  budget_input input;
  input.counted_over = hours(1);
  input.total = 10'000;
  input.errors = 40;
  const auto report = work_out_budget(input);
  BOOST_TEST(near(report.burn_rate, 4));
  BOOST_TEST(near(report.window_spent_share, 4.0 / 720));
  BOOST_TEST((report.state == budget_state::within));
  BOOST_TEST(near(report.lasts->count(), 7.5 * 86400));
}

BOOST_AUTO_TEST_CASE(no_errors_last_for_ever_and_say_no_number) {
  const auto report = report_of(99.9, 1000, 0);
  BOOST_TEST(near(report.burn_rate, 0));
  BOOST_TEST(!report.lasts.has_value());
}

BOOST_AUTO_TEST_CASE(nothing_without_meaning_has_a_number) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const struct {
    double slo, total, errors;
    budget_state state;
  } cases[] = {
      {99.9, 0, 0, budget_state::no_traffic},     {100, 10, 0, budget_state::no_budget},
      {100, 10, 1, budget_state::broken},         {100, 0, 0, budget_state::no_traffic},
      {99.9, nan, 0, budget_state::not_a_number}, {99.9, 10, nan, budget_state::not_a_number},
      {99.9, inf, 0, budget_state::not_a_number}, {99.9, -1, 0, budget_state::not_a_number},
      {99.9, 10, 11, budget_state::not_a_number},
  };
  for (const auto& one : cases) {
    const auto report = report_of(one.slo, one.total, one.errors);
    BOOST_TEST((report.state == one.state), one.slo << " " << one.total << " " << one.errors);
    BOOST_TEST(!report.words.empty());
    BOOST_TEST(report.words.find("inf ") == std::string::npos);
    BOOST_TEST(!report.burn_rate.has_value());
    BOOST_TEST(!report.spent_share.has_value());
    BOOST_TEST(!report.lasts.has_value());
  }
}

BOOST_AUTO_TEST_CASE(the_table_is_the_workbooks) {
  // Budget spent in the long window when a rule begins to fire: 2 %, 5 %, 10 %, 10 % of 30 days' worth.
  const double shares[] = {0.02, 0.05, 0.10, 0.10};
  for (std::size_t i = 0; i < burn_rules.size(); ++i) {
    const std::chrono::duration<double, std::ratio<3600>> length = burn_rules[i].long_window;
    BOOST_TEST(std::abs(burn_rules[i].factor * length.count() / 720 - shares[i]) < 1e-12);
    BOOST_TEST((burn_rules[i].long_window == 12 * burn_rules[i].short_window));
  }
}

BOOST_AUTO_TEST_CASE(a_rule_fires_only_above_its_factor_in_both_windows) {
  const auto& rule = burn_rules[0];
  BOOST_TEST(fires(rule, 14.5, 14.5));
  BOOST_TEST(!fires(rule, 14.4, 14.5));
  BOOST_TEST(!fires(rule, 14.5, 14.4));
  BOOST_TEST(!fires(rule, std::nullopt, 20.0));
  BOOST_TEST(!fires(rule, 20.0, std::nullopt));
}

BOOST_AUTO_TEST_CASE(a_window_without_traffic_or_numbers_has_no_burn_rate) {
  BOOST_TEST(near(burn_rate(99.9, 1000, 5), 5));
  BOOST_TEST(!burn_rate(99.9, 0, 0).has_value());
  BOOST_TEST(!burn_rate(99.9, std::nan(""), 0).has_value());
  BOOST_TEST(!burn_rate(100, 1000, 5).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
