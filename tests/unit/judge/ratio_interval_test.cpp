// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/ratio_interval.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>

using namespace canary::judge;

namespace {

pair draw(std::mt19937_64& random, double stable_rate, double canary_rate) {
  return {{80, std::binomial_distribution<std::uint64_t>(80, stable_rate)(random)},
          {20, std::binomial_distribution<std::uint64_t>(20, canary_rate)(random)}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_known_before_events) {
  ratio_interval i(.95, assumption::any_within_batch, 1);
  i.observe({{80, 0}, {20, 0}});
  BOOST_TEST(i.low() == 0);
  BOOST_TEST(std::isinf(i.high()));
}

BOOST_AUTO_TEST_CASE(misses_the_true_ratio_at_any_look_in_at_most_five_percent) {
  for (const double ratio : {1.0, 2.0})
    for (const auto a : {assumption::any_within_batch, assumption::independent}) {
      std::mt19937_64 random(7);
      int missed = 0;
      for (int run = 0; run != 400; ++run) {
        ratio_interval i(.95, a, 1);
        bool inside = true;
        for (int k = 0; k != 300 && inside; ++k) {
          i.observe(draw(random, .02, .02 * ratio));
          inside = i.low() <= ratio && ratio <= i.high();
        }
        missed += !inside;
      }
      BOOST_TEST(missed <= 20);
    }
}

BOOST_AUTO_TEST_CASE(closes_in_on_the_true_ratio) {
  std::mt19937_64 random(11);
  ratio_interval i(.95, assumption::any_within_batch, 1);
  for (int k = 0; k != 5000; ++k) i.observe(draw(random, .02, .08));
  BOOST_TEST(i.low() > 2.5);
  BOOST_TEST(i.low() <= 4);
  BOOST_TEST(i.high() >= 4);
  BOOST_TEST(i.high() < 6);
}
