// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/stats/latency.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace canaryctl;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(latency)

BOOST_AUTO_TEST_CASE(quantiles_are_never_low_and_at_most_the_stated_error_high) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> shape(13, 2.5);  // from microseconds to minutes
  latency_histogram histogram;
  std::vector<std::chrono::nanoseconds> all;
  for (int i = 0; i < 100'000; ++i) {
    all.emplace_back(static_cast<std::int64_t>(shape(random)));
    histogram.add(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto exact = all[static_cast<std::size_t>(std::ceil(q * static_cast<double>(all.size()))) - 1];
    const auto found = histogram.quantile(q);
    BOOST_TEST((found >= exact), q);
    BOOST_TEST((found - exact <= std::max<std::chrono::nanoseconds>(1us, exact / 128 + 1us)), q);
  }
  BOOST_TEST((histogram.max() == all.back()));
}

BOOST_AUTO_TEST_CASE(every_value_is_within_the_error_across_all_powers) {
  for (std::int64_t us = 1; us < std::int64_t{1} << 50; us += std::max<std::int64_t>(1, us / 97)) {
    latency_histogram histogram;
    histogram.add(std::chrono::microseconds(us));
    histogram.add(std::chrono::hours(24 * 365 * 100));  // keeps max() from hiding the bucket's end
    const auto found = histogram.quantile(0.5) / 1us;
    BOOST_REQUIRE(found >= us);
    BOOST_REQUIRE(found - us <= us / 128);
  }
}

BOOST_AUTO_TEST_CASE(empty_is_zero_and_negative_counts_as_zero) {
  latency_histogram histogram;
  BOOST_TEST((histogram.quantile(0.5) == 0ns));
  BOOST_TEST((histogram.mean() == 0ns));
  histogram.add(-5ms);
  BOOST_TEST(histogram.count() == 1u);
  BOOST_TEST((histogram.max() == 0ns));
}

BOOST_AUTO_TEST_SUITE_END()
