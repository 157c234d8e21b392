// SPDX-License-Identifier: BSL-1.0
#include "enumerate.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace canary::judge;
using test::expectation;

namespace {

constexpr long double rates[] = {0.0L, 0.001L, 0.01L, 0.1L, 0.3L, 0.5L, 0.8L, 1.0L};
constexpr std::pair<std::uint64_t, std::uint64_t> sizes[] = {{1, 1}, {4, 4}, {16, 4}, {5, 11}, {30, 4}, {4, 30}};
constexpr double rounding = 1e-12;

/// Calls f with every pair of rates at the edge of the null hypothesis and some inside.
template <typename F>
void for_null(double ratio, null_is side, F f) {
  for (const auto stable : rates)
    for (const long double inside : {1.0L, 0.5L, 0.1L}) {
      const long double canary = side == null_is::at_most ? stable * ratio * inside : stable * ratio / inside;
      if (canary <= 1) f(stable, canary);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(betting_expectation_is_one_for_equal_rates_whatever_the_rate) {
  for (const auto& [stable, canary] : sizes)
    for (const auto rate : rates)
      for (const double alternative : {1.25, 4.0, 100.0}) {
        const auto e = expectation(stable, rate, canary, rate,
                                   [&](const pair& p) { return betting_factor(p, 1, alternative, null_is::at_most); });
        BOOST_TEST(std::abs(double(e - 1)) < rounding);
      }
}

BOOST_AUTO_TEST_CASE(expectation_is_at_most_one_under_every_null) {
  for (const auto& [stable, canary] : sizes)
    for (const auto side : {null_is::at_most, null_is::at_least})
      for (const double ratio : {0.4, 1.0, 1.25, 2.0, 3.0})
        for (const double beyond : {1.1, 3.0, 50.0}) {
          const double alternative = side == null_is::at_most ? ratio * beyond : ratio / beyond;
          for_null(ratio, side, [&](long double ps, long double pc) {
            for (const auto assume : {assumption::any_within_batch, assumption::independent})
              for (const double burst : {1.0, 3.0}) {
                const auto e = expectation(stable, ps, canary, pc, [&](const pair& p) {
                  return ratio_factor(p, ratio, alternative, side, assume, burst);
                });
                BOOST_TEST(double(e) <= 1 + rounding, "stable " << stable << " at " << double(ps) << ", canary "
                                                                << canary << " at " << double(pc) << ", ratio " << ratio
                                                                << ": " << double(e));
              }
          });
        }
}

BOOST_AUTO_TEST_CASE(a_wrong_share_is_noticed_by_the_expectation) {
  // The canary has 5 requests of 21, but the factor is told 4 of 20: one lost request, and the evidence leaks.
  const auto e = expectation(16, 0.1L, 5, 0.1L, [](pair p) {
    p.canary.total = 4;
    return betting_factor(p, 1, 4, null_is::at_most);
  });
  BOOST_TEST(double(e) > 1.05);
  const auto f = expectation(16, 0.1L, 5, 0.2L, [](pair p) {
    p.canary.total = 6;
    return betting_factor(p, 2, 1, null_is::at_least);
  });
  BOOST_TEST(double(f) > 1.01);
}

BOOST_AUTO_TEST_CASE(a_ratio_above_one_needs_the_widened_share) {
  // With rates this high the share for small rates is too small: two requests, the canary always errs, stable every
  // other time.
  const auto naive = expectation(1, 0.5L, 1, 1.0L, [](const pair& p) {
    if (!p.informative()) return 1.0;
    const double y = double(p.canary.events) / p.events();
    return 1 + y - event_share(1, 1, 2);
  });
  BOOST_TEST(double(naive) > 1.05);
  BOOST_TEST(null_share(1, 1, 2, null_is::at_most) == 1);
  BOOST_TEST(null_share(4, 16, 1.25, null_is::at_most) == event_share(4, 16, 1.25 * 19 / 18.75),
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(null_share(4, 16, 1.25, null_is::at_least) == event_share(4, 16, 1.25));
}

BOOST_AUTO_TEST_CASE(one_event_weighs_its_likelihood_ratio) {
  const pair canary_erred{{80, 0}, {20, 1}};
  const pair stable_erred{{80, 1}, {20, 0}};
  // Exactly: alternative ratio 4 gives the canary 80/160 of the events, the null 20/100.
  BOOST_TEST(betting_factor(canary_erred, 1, 4, null_is::at_most) == 2.5, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(betting_factor(stable_erred, 1, 4, null_is::at_most) == .625, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(binomial_factor(canary_erred, 1, 4, 1) == 2.5, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(binomial_factor(stable_erred, 1, 4, 1) == .625, boost::test_tools::tolerance(1e-14));
  const pair three{{80, 1}, {20, 2}};
  BOOST_TEST(betting_factor(three, 1, 4, null_is::at_most) == 2. / 3 * 2.5 + .625 / 3,
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(binomial_factor(three, 1, 4, 1) == 2.5 * 2.5 * .625, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(binomial_factor(three, 1, 4, 3) == std::cbrt(2.5 * 2.5 * .625), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(allowed_factor_is_the_likelihood_ratio_and_has_expectation_at_most_one) {
  for (std::uint64_t x = 0; x <= 20; ++x) {
    const long double exact = test::binomial(20, x, 0.002L) / test::binomial(20, x, 0.01L);
    BOOST_TEST(allowed_factor({20, x}, .01, .002, 1) == double(exact), boost::test_tools::tolerance(1e-12));
  }
  for (const long double rate : {0.01L, 0.02L, 0.5L, 1.0L})
    for (const double burst : {1.0, 2.0}) {
      const auto e =
          expectation(1, 0, 20, rate, [&](const pair& p) { return allowed_factor(p.canary, .01, .002, burst); });
      BOOST_TEST(double(e) <= 1 + rounding);
    }
  const auto good =
      expectation(1, 0, 20, 0.002L, [&](const pair& p) { return allowed_factor(p.canary, .01, .002, 1); });
  BOOST_TEST(double(good) > 1.05);
}

BOOST_AUTO_TEST_CASE(nothing_overflows_and_nothing_is_nan) {
  const std::uint64_t counts[] = {0, 1, 4, 1000, 1'000'000'000'000};
  for (const auto sn : counts)
    for (const auto cn : counts)
      for (const auto se : counts)
        for (const auto ce : counts) {
          if (se > sn || ce > cn) continue;
          const pair p{{sn, se}, {cn, ce}};
          for (const double null : {0.01, 1.0, 1.25, 2.0, 64.0})
            for (const double alternative : {1e-6, .5, 1.0, 100.0, 1e6})
              for (const auto side : {null_is::at_most, null_is::at_least})
                for (const auto a : {assumption::any_within_batch, assumption::independent}) {
                  const double f = ratio_factor(p, null, alternative, side, a, 1);
                  BOOST_TEST_REQUIRE(std::isfinite(f));
                  BOOST_TEST_REQUIRE(f >= 0);
                }
          for (const double q : {1e-12, 1e-3}) BOOST_TEST_REQUIRE(std::isfinite(allowed_factor(p.canary, .01, q, 1)));
        }
}

BOOST_AUTO_TEST_CASE(a_batch_without_events_or_with_one_track_says_nothing) {
  for (const pair p : {pair{{16, 0}, {4, 0}}, pair{{0, 0}, {4, 2}}, pair{{16, 3}, {0, 0}}, pair{}}) {
    BOOST_TEST(betting_factor(p, 1, 4, null_is::at_most) == 1);
    BOOST_TEST(binomial_factor(p, 1, 4, 1) == 1);
  }
}
