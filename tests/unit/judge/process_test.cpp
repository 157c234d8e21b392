// SPDX-License-Identifier: BSL-1.0
#include "enumerate.hpp"

#include <canary/judge/process.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace canary::judge;
using test::expectation;

namespace {

constexpr double rounding = 1e-10;

/// E[value] after two batches of different sizes, over all their outcomes.
template <typename Process>
double after_two(Process start, long double ps, long double pc) {
  return double(expectation(9, ps, 4, pc, [&](const pair& first) {
    auto p = start;
    p.observe(first);
    return expectation(5, ps, 6, pc, [&](const pair& second) {
      auto q = p;
      q.observe(second);
      return (long double)q.value();
    });
  }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(rollback_keeps_expectation_one_for_equal_rates_over_two_batches) {
  for (const long double rate : {0.0L, 0.01L, 0.2L, 0.7L, 1.0L}) {
    BOOST_TEST(std::abs(after_two(rollback_process(0, assumption::any_within_batch, 1), rate, rate) - 1) < rounding);
    BOOST_TEST(after_two(rollback_process(0, assumption::independent, 1), rate, rate) <= 1 + rounding);
  }
}

BOOST_AUTO_TEST_CASE(rollback_with_tolerance_keeps_expectation_at_most_one) {
  for (const long double rate : {0.01L, 0.2L, 0.5L, 0.8L})
    for (const auto a : {assumption::any_within_batch, assumption::independent})
      BOOST_TEST(after_two(rollback_process(.25, a, 1), rate, rate * 1.25L) <= 1 + rounding);
}

BOOST_AUTO_TEST_CASE(a_worse_canary_raises_the_expectation) {
  BOOST_TEST(after_two(rollback_process(0, assumption::any_within_batch, 1), .05L, .5L) > 1.5);
  BOOST_TEST(after_two(rollback_process(.25, assumption::any_within_batch, 1), .05L, .5L) > 1.3);
}

BOOST_AUTO_TEST_CASE(promotion_keeps_expectation_at_most_one_at_margin_and_allowed_share) {
  for (const auto a : {assumption::any_within_batch, assumption::independent})
    for (const long double stable : {0.0L, 0.005L, 0.01L, 0.1L, 0.3L, 0.5L}) {
      const metric_options m{"errors", 0, 2, .02};
      const long double canary = std::max(2 * stable, 0.02L);
      BOOST_TEST(after_two(promotion_process(m, a, 1, 2), stable, canary) <= 1 + rounding);
      BOOST_TEST(after_two(promotion_process(m, a, 1, 1.05), stable, canary) <= 1 + rounding);
      BOOST_TEST(after_two(promotion_process({"slow", .25, 2, 0}, a, 1, 2), stable, 2 * stable) <= 1 + rounding);
    }
  BOOST_TEST(after_two(promotion_process({"errors", 0, 2, .02}, assumption::any_within_batch, 1, 2), .1L, .01L) > 1.02);
}

BOOST_AUTO_TEST_CASE(start_weights_sum_to_one) {
  double sum = 0;
  for (std::uint64_t k = 1; k <= 1'000'000; ++k) {
    BOOST_TEST_REQUIRE(rollback_process::start_weight(k) > 0);
    sum += rollback_process::start_weight(k);
  }
  // What is left is 0.5 / log2(1,000,002), exactly.
  BOOST_TEST(sum == 1 - .5 / std::log2(1'000'002.0), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(batches_without_events_change_no_evidence_about_the_ratio) {
  rollback_process r(0, assumption::any_within_batch, 1);
  r.observe({{16, 1}, {4, 1}});
  const double before = r.value();
  for (int i = 0; i != 1000; ++i) r.observe({{16, 0}, {4, 0}});
  BOOST_TEST(r.value() == before);
}

BOOST_AUTO_TEST_CASE(a_long_good_past_does_not_bury_a_canary_that_turns_bad) {
  const auto needed = [](int good) {
    rollback_process r(0, assumption::any_within_batch, 1);
    for (int i = 0; i != good; ++i) r.observe(i % 5 == 0 ? pair{{16, 0}, {4, 1}} : pair{{16, 1}, {4, 0}});
    int bad = 0;
    for (; r.value() < 20; ++bad) r.observe({{16, 0}, {4, 1}});
    return bad;
  };
  BOOST_TEST(needed(0) <= 4);
  BOOST_TEST(needed(5000) <= 12);
}

BOOST_AUTO_TEST_CASE(a_shared_outage_neither_promotes_nor_rolls_back) {
  promotion_process good({"errors", 0, 2, .001}, assumption::any_within_batch, 1, 2);
  rollback_process bad(0, assumption::any_within_batch, 1);
  // Normal times: the canary is ten times worse. Then 60 batches in which a third of everything fails on both.
  for (int i = 0; i != 100; ++i) good.observe({{240, i % 10 == 0}, {60, i % 4 == 0}});
  for (int i = 0; i != 60; ++i) {
    good.observe({{240, 80}, {60, 20}});
    bad.observe({{240, 80}, {60, 20}});
  }
  BOOST_TEST(good.value() < 1);
  BOOST_TEST(bad.value() < 2);
}

BOOST_AUTO_TEST_CASE(no_batch_multiplies_promotion_by_more_than_the_limit) {
  for (const auto a : {assumption::any_within_batch, assumption::independent}) {
    promotion_process p({"errors", 0, 2, .001}, a, 1, 1.5);
    double before = p.value();
    for (const pair& b : {pair{{1'000'000'000'000, 3}, {1'000'000'000'000, 0}}, pair{{40000, 30}, {10000, 0}},
                          pair{{1, 0}, {1'000'000, 0}}}) {
      p.observe(b);
      BOOST_TEST(p.value() <= before * 1.5 * (1 + rounding));
      before = p.value();
    }
  }
}

BOOST_AUTO_TEST_CASE(extreme_counts_stay_finite_and_evidence_can_come_back) {
  const std::uint64_t trillion = 1'000'000'000'000;
  for (const auto a : {assumption::any_within_batch, assumption::independent}) {
    rollback_process r(0, a, 1);
    promotion_process p({"errors", 0, 2, .001}, a, 1, 2);
    for (int i = 0; i != 2000; ++i) {
      const pair b{{trillion, i % 2 ? trillion : 0}, {trillion, i % 3 ? trillion : 0}};
      r.observe(b);
      p.observe(b);
      BOOST_TEST_REQUIRE(std::isfinite(r.value()));
      BOOST_TEST_REQUIRE(std::isfinite(p.value()));
      BOOST_TEST_REQUIRE(p.value() >= 0);
    }
  }
}
