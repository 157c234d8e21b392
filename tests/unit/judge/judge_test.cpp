// SPDX-License-Identifier: BSL-1.0
#include "enumerate.hpp"

#include <canary/judge/judge.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>

using namespace canary::judge;
using canary::judge::judge;

namespace {

judge_options three_metrics() {
  judge_options o;
  o.metrics = {errors_metric(), slow_metric("slower_than_250ms"), slow_metric("slower_than_1.5s")};
  return o;
}

tally draw(std::mt19937_64& random, std::uint64_t n, double rate) {
  return {n, std::binomial_distribution<std::uint64_t>(n, rate)(random)};
}

batch one(tally stable, tally canary, double seconds = 1) { return {{stable}, {canary}, seconds}; }

/// Feeds until decided or `most` batches have gone by; answers how many went by.
template <typename Next>
int run(judge& j, int most, Next next) {
  for (int i = 1; i <= most; ++i) {
    j.observe(next());
    if (j.decided() != decision::inconclusive) return i;
  }
  return most;
}

}  // namespace

BOOST_AUTO_TEST_CASE(errors_of_the_canary_alone_roll_it_back) {
  judge j;
  const int n = run(j, 100, [] { return one({240, 0}, {60, 3}); });
  BOOST_TEST((j.decided() == decision::rollback));
  BOOST_TEST(n <= 5);
  const auto v = j.look();
  BOOST_TEST((v.because == cause::evidence));
  BOOST_TEST(v.reason.find("Rolled back: errors in 9 of 180 (5 %)") != std::string::npos, v.reason);
  BOOST_TEST(v.reason.find("at most 1 in 20") != std::string::npos, v.reason);
  BOOST_TEST(v.rollback_evidence >= 20);
}

BOOST_AUTO_TEST_CASE(independent_form_finds_5_percent_errors_in_60_requests_more_often_than_not) {
  // One scrape a second at 300 requests/s, 80:20. Over all outcomes: the median is one scrape.
  judge_options o;
  o.assume = assumption::independent;
  o.confidence = 0;
  const auto found = test::expectation(240, 0, 60, 0.05L, [&](const pair& p) {
    judge j(o);
    j.observe({{p.stable}, {p.canary}, 1});
    return j.decided() == decision::rollback ? 1.0 : 0.0;
  });
  BOOST_TEST(double(found) > 0.5);
  BOOST_TEST_MESSAGE("found by the first scrape: " << double(found));
}

BOOST_AUTO_TEST_CASE(a_rollback_is_final) {
  judge j;
  run(j, 100, [] { return one({240, 0}, {60, 3}); });
  for (int i = 0; i != 20000; ++i) j.observe(one({240, 3}, {60, 0}));
  BOOST_TEST((j.decided() == decision::rollback));
}

BOOST_AUTO_TEST_CASE(a_canary_without_errors_is_promoted_by_what_the_objective_allows) {
  judge j;
  const int n = run(j, 10000, [] { return one({16, 0}, {4, 0}); });
  BOOST_TEST((j.decided() == decision::promote));
  BOOST_TEST(n * 4 > 3700);  // log(2 * 20) / 0.001: no test can be sure with fewer
  BOOST_TEST(n * 4 < 5000);
}

BOOST_AUTO_TEST_CASE(every_metric_has_to_be_good) {
  judge j(three_metrics());
  std::mt19937_64 random(1);
  // No errors at all, fast at one bound, but twice as often slow at the other, and more often than allowed.
  for (int i = 0; i != 1000; ++i)
    j.observe({{{240, 0}, {240, 0}, draw(random, 240, .02)}, {{60, 0}, {60, 0}, draw(random, 60, .04)}, 1});
  BOOST_TEST((j.decided() != decision::promote));
  BOOST_TEST(j.look(false).metrics[0].in_favour > 1e10);
  BOOST_TEST(j.promotion_evidence() < 20);
}

BOOST_AUTO_TEST_CASE(a_slow_canary_is_rolled_back_though_nothing_fails) {
  judge j(three_metrics());
  const int n = run(j, 100, [&] { return batch{{{240, 0}, {240, 1}, {240, 0}}, {{60, 0}, {60, 58}, {60, 0}}, 1}; });
  BOOST_TEST((j.decided() == decision::rollback));
  BOOST_TEST(n <= 6);
  BOOST_TEST(j.look().reason.find("slower_than_250ms") != std::string::npos, j.look().reason);
}

BOOST_AUTO_TEST_CASE(a_bad_stable_is_not_held_against_the_canary) {
  judge j;
  std::mt19937_64 random(2);
  run(j, 2000, [&] { return one(draw(random, 240, .05), draw(random, 60, .01)); });
  BOOST_TEST((j.decided() == decision::promote), j.look().reason);
  BOOST_TEST(j.budget().left < 0);
  BOOST_TEST(!j.budget().refuses());
}

BOOST_AUTO_TEST_CASE(the_budget_gate_refuses_what_overdraws_and_is_worse_than_stable) {
  judge_options o;
  o.metrics[0].margin = 4;
  o.metrics[0].tolerance = 2;  // so that the rollback does not come first
  judge j(o);
  std::mt19937_64 random(3);
  run(j, 4000, [&] { return one(draw(random, 240, .01), draw(random, 60, .018)); });
  const auto v = j.look();
  BOOST_TEST((v.decided == decision::inconclusive));
  BOOST_TEST((v.because == cause::over_budget));
  BOOST_TEST(v.promotion_evidence >= 20);
  BOOST_TEST(v.reason.find("error budget of 30 days") != std::string::npos, v.reason);
}

BOOST_AUTO_TEST_CASE(a_promoted_canary_that_turns_bad_is_rolled_back) {
  judge j;
  run(j, 10000, [] { return one({16, 0}, {4, 0}); });
  BOOST_TEST_REQUIRE((j.decided() == decision::promote));
  for (int i = 0; i != 10; ++i) j.observe(one({16, 0}, {4, 2}));
  BOOST_TEST((j.decided() == decision::rollback));
}

BOOST_AUTO_TEST_CASE(a_judge_with_few_requests_waits_and_says_how_long) {
  judge j;
  BOOST_TEST((j.look().decided == decision::inconclusive));
  for (int i = 0; i != 100; ++i) j.observe(one({16, 0}, {4, 0}, 2));
  const auto v = j.look();
  BOOST_TEST((v.decided == decision::inconclusive));
  BOOST_TEST_REQUIRE(v.needed.has_value());
  BOOST_TEST((v.needed->towards == decision::promote));
  BOOST_TEST(v.needed->canary_requests > 2000);
  BOOST_TEST_REQUIRE(v.needed->minutes.has_value());
  BOOST_TEST(*v.needed->minutes == v.needed->canary_requests / 4 * 2 / 60, boost::test_tools::tolerance(.01));
  BOOST_TEST(v.reason.find("more canary requests") != std::string::npos, v.reason);
}

BOOST_AUTO_TEST_CASE(the_forecast_of_a_rollback_comes_true) {
  judge j;
  std::mt19937_64 random(4);
  for (int i = 0; i != 30; ++i) j.observe(one({16, i % 10 == 0}, {4, i % 8 == 0}));
  BOOST_TEST_REQUIRE((j.decided() == decision::inconclusive), j.look().reason);
  const auto needed = j.look().needed;
  BOOST_TEST_REQUIRE(needed.has_value());
  BOOST_TEST((needed->towards == decision::rollback));
  int i = 0;
  const int n = 4 * run(j, 10000, [&] { return ++i, one({16, i % 10 == 0}, {4, i % 8 == 0}); });
  BOOST_TEST(needed->canary_requests > n / 4.0);
  BOOST_TEST(needed->canary_requests < n * 4.0);
}

BOOST_AUTO_TEST_CASE(looking_changes_nothing) {
  judge looked;
  judge blind;
  std::mt19937_64 random(5);
  for (int i = 0; i != 50; ++i) {
    const auto b = one(draw(random, 80, .05), draw(random, 20, .05));
    looked.observe(b);
    blind.observe(b);
    (void)looked.look(false);
  }
  BOOST_TEST(looked.state() == blind.state());
}

BOOST_AUTO_TEST_CASE(counts_to_a_trillion_and_shares_of_nothing_and_all_are_safe) {
  judge j(three_metrics());
  const std::uint64_t trillion = 1'000'000'000'000;
  const std::vector<tally> none(3);
  const std::vector<tally> all(3, tally{trillion, trillion});
  const std::vector<tally> clean(3, tally{trillion, 0});
  for (const auto* s : {&none, &all, &clean})
    for (const auto* c : {&none, &all, &clean}) {
      j.observe({*s, *c, 0});
      const auto v = j.look();
      BOOST_TEST(std::isfinite(v.rollback_evidence));
      BOOST_TEST(std::isfinite(v.promotion_evidence));
      BOOST_TEST(v.reason.find("nan") == std::string::npos, v.reason);
      BOOST_TEST(v.reason.find("inf") == std::string::npos, v.reason);
    }
}

BOOST_AUTO_TEST_CASE(a_batch_of_another_shape_is_refused_by_name) {
  judge j;
  BOOST_CHECK_EXCEPTION(j.observe({{{4, 0}, {4, 0}}, {{4, 0}}, 0}), std::invalid_argument, [](const auto& e) {
    return std::string(e.what()) == "batch: stable has 2 tallies, expected 1";
  });
  BOOST_CHECK_EXCEPTION(j.observe(one({4, 0}, {4, 5})), std::invalid_argument, [](const auto& e) {
    return std::string(e.what()) == "batch: canary has 5 errors in 4 requests, expected no more than requests";
  });
  BOOST_TEST(j.batches() == 0);
}

BOOST_AUTO_TEST_CASE(wrong_options_are_all_named) {
  judge_options o;
  o.alpha = 0;
  o.metrics[0].margin = 1;
  try {
    judge j(o);
    BOOST_ERROR("expected std::invalid_argument");
  } catch (const std::invalid_argument& e) {
    const std::string text = e.what();
    BOOST_TEST(text.find("alpha: 0") != std::string::npos, text);
    BOOST_TEST(text.find("errors.margin: 1") != std::string::npos, text);
  }
}
