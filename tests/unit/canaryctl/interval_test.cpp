// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/stats/interval.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace canaryctl;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(exact_intervals)

namespace {

/// P(X <= k) summed term by term in long double: no beta function, no Boost.
long double at_most(std::uint64_t k, std::uint64_t n, long double p) {
  long double sum = 0;
  for (std::uint64_t i = 0; i <= k; ++i) {
    const auto choose = std::lgamma(n + 1.0L) - std::lgamma(i + 1.0L) - std::lgamma(n - i + 1.0L);
    if ((p == 0 && i > 0) || (p == 1 && i < n)) continue;
    const auto log_p = i == 0 ? 0.0L : i * std::log(p);
    const auto log_q = i == n ? 0.0L : (n - i) * std::log(1 - p);
    sum += std::exp(choose + log_p + log_q);
  }
  return sum;
}

struct binomial_case {
  std::uint64_t hits;
  std::uint64_t n;
  double confidence;
};
std::ostream& operator<<(std::ostream& out, const binomial_case& one) {
  return out << one.hits << " of " << one.n << " at " << one.confidence;
}

const binomial_case cases[] = {{0, 1, 0.95},          {1, 1, 0.95},          {0, 20, 0.95},
                               {1, 20, 0.9},          {10, 100, 0.95},       {200, 1000, 0.95},
                               {200, 1000, 1 - 1e-6}, {999, 1000, 1 - 1e-6}, {3, 7, 0.5}};

}  // namespace

// By definition the lower bound is the share at which so many hits or more have a chance of half of alpha, and the
// upper bound the one at which so many or fewer have.
BOOST_DATA_TEST_CASE(bounds_leave_half_of_alpha_in_each_tail, data::make(cases)) {
  const auto bounds = clopper_pearson(sample.hits, sample.n, sample.confidence);
  const auto half = (1 - static_cast<long double>(sample.confidence)) / 2;
  if (sample.hits == 0) {
    BOOST_TEST(bounds.lower == 0);
  } else {
    const auto tail = 1 - at_most(sample.hits - 1, sample.n, bounds.lower);
    BOOST_TEST(std::abs(static_cast<double>(tail / half - 1)) < 1e-6);
  }
  if (sample.hits == sample.n) {
    BOOST_TEST(bounds.upper == 1);
  } else {
    const auto tail = at_most(sample.hits, sample.n, bounds.upper);
    BOOST_TEST(std::abs(static_cast<double>(tail / half - 1)) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(published_interval_is_reproduced) {
  // R 4: binom.test(10, 100)$conf.int
  const auto bounds = clopper_pearson(10, 100, 0.95);
  BOOST_TEST(std::abs(bounds.lower - 0.04900469) < 1e-8);
  BOOST_TEST(std::abs(bounds.upper - 0.17622260) < 1e-8);
}

BOOST_AUTO_TEST_CASE(no_draws_leave_everything_possible) {
  const auto bounds = clopper_pearson(0, 0, 0.95);
  BOOST_TEST(bounds.lower == 0);
  BOOST_TEST(bounds.upper == 1);
}

BOOST_AUTO_TEST_CASE(huge_counts_stay_finite_and_ordered) {
  const auto bounds = clopper_pearson(200'000'000'000, 1'000'000'000'000, 1 - 1e-6);
  // Where the binomial is normal to all digits that matter: 4.8916 standard deviations on each side.
  const double deviation = 4.8916 * std::sqrt(0.2 * 0.8 / 1e12);
  BOOST_TEST(std::abs((0.2 - bounds.lower) / deviation - 1) < 1e-3);
  BOOST_TEST(std::abs((bounds.upper - 0.2) / deviation - 1) < 1e-3);
}

BOOST_AUTO_TEST_CASE(few_hits_of_very_many_are_near_the_observed_share) {
  const auto bounds = clopper_pearson(2188, 264'401'000'000, 1 - 1e-6);
  const double share = 2188 / 264401e6;
  const double deviation = share / std::sqrt(2188.0);
  BOOST_TEST(std::abs((share - bounds.lower) / deviation - 4.89) < 0.2);
  BOOST_TEST(std::abs((bounds.upper - share) / deviation - 4.89) < 0.2);
}

// Where the method changes neither the bounds nor their order may jump.
BOOST_AUTO_TEST_CASE(bounds_grow_with_the_count_across_the_change_of_method) {
  auto before = clopper_pearson(99'990, 1'000'000, 1 - 1e-6);
  for (std::uint64_t k = 99'991; k < 100'010; ++k) {
    const auto bounds = clopper_pearson(k, 1'000'000, 1 - 1e-6);
    BOOST_TEST(std::abs((bounds.lower - before.lower) * 1e6 - 1) < 0.02, k);
    BOOST_TEST(std::abs((bounds.upper - before.upper) * 1e6 - 1) < 0.02, k);
    before = bounds;
  }
}

BOOST_DATA_TEST_CASE(accepted_counts_are_those_whose_interval_holds_the_share,
                     data::make({0.0, 0.01, 0.2, 0.5, 0.8, 1.0}) * data::make({1, 7, 100}), expected, draws) {
  const auto n = static_cast<std::uint64_t>(draws);
  const auto accepted = accepted_counts(expected, n, 0.999);
  bool any_rejected = false;
  for (std::uint64_t k = 0; k <= n; ++k) {
    const bool holds = clopper_pearson(k, n, 0.999).contains(expected);
    any_rejected = any_rejected || !holds;
    BOOST_TEST(holds == (accepted.lowest <= k && k <= accepted.highest), "count " << k);
  }
  BOOST_TEST(accepted.can_fail == any_rejected);
}

BOOST_AUTO_TEST_CASE(a_test_of_one_draw_cannot_fail) {
  BOOST_TEST(!accepted_counts(0.5, 1, 0.999999).can_fail);
  BOOST_TEST(detectable_shares(0.5, 1, 0.999999, 0.5).below == -1);
  BOOST_TEST(detectable_shares(0.5, 1, 0.999999, 0.5).above == -1);
}

BOOST_DATA_TEST_CASE(a_detectable_share_is_noticed_with_its_power_and_not_before, data::make({0.5, 0.9}), power) {
  const std::uint64_t n = 300;
  const auto accepted = accepted_counts(0.2, n, 0.9999);
  const auto noticed = [&](long double share) {
    return at_most(accepted.lowest - 1, n, share) + 1 - at_most(accepted.highest, n, share);
  };
  const auto found = detectable_shares(0.2, n, 0.9999, power);
  BOOST_TEST(std::abs(static_cast<double>(noticed(found.below)) - power) < 1e-6);
  BOOST_TEST(std::abs(static_cast<double>(noticed(found.above)) - power) < 1e-6);
  BOOST_TEST(found.below < 0.2);
  BOOST_TEST(found.above > 0.2);
}

BOOST_AUTO_TEST_CASE(a_share_of_nothing_is_missed_only_from_above) {
  const auto found = detectable_shares(0, 100, 0.99, 0.9);
  BOOST_TEST(found.below == -1);
  BOOST_TEST(std::abs(found.above - (1 - std::pow(0.1, 1.0 / 100))) < 1e-9);  // one hit is enough: 1 - 0.9 = (1-p)^100
}

BOOST_AUTO_TEST_SUITE_END()
