// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/process.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

using namespace canary::judge;

namespace {

constexpr std::array<double, 4> shares{.05, .1, .2, .5};  // the canary's, in steps
constexpr int rounds_a_step = 60;

struct shape {
  const char* name;
  double requests;      ///< a round, of both tracks
  double errors;        ///< share of the requests that fail
  double outage;        ///< the same, in an outage of both tracks ...
  int outage_rounds;    ///< ... of so many rounds ...
  bool before;          ///< ... that ends with the step of the weight instead of beginning with it
  double canary_times;  ///< the canary fails so many times as often
};

/// A rollout in four steps. Each step of the weight lies within a round.
class rollout {
 public:
  rollout(const shape& s, std::uint32_t seed) : shape_(s), random_(seed) {}

  /// The largest evidence it ever had. \param spanning told every batch that spans a step
  template <class Evidence, class Function>
  double most(Evidence evidence, Function spanning) {
    double largest = 1;
    for (std::size_t step = 0; step != shares.size(); ++step) {
      bool spans = false;
      for (int i = 0; i != rounds_a_step; ++i) {
        double rest = 1;
        if (step > 0 && i == 0) {
          const double before = std::uniform_real_distribution<>()(random_);
          send(before, shares[step - 1], shape_.before);
          rest -= before;
          spans = true;
        }
        send(rest, shares[step],
             shape_.before ? step + 1 < shares.size() && i >= rounds_a_step - shape_.outage_rounds
                           : step > 0 && i < shape_.outage_rounds);
        if (open_.stable.total < 4 || open_.canary.total < 4) continue;
        evidence.observe(open_);
        if (spans) spanning(open_);
        spans = false;
        open_ = {};
        largest = std::max(largest, evidence.value());
      }
    }
    return largest;
  }

 private:
  void send(double rounds, double share, bool outage) {
    const double errors = outage ? shape_.outage : shape_.errors;
    add(open_.stable, shape_.requests * rounds * (1 - share), errors);
    add(open_.canary, shape_.requests * rounds * share, errors * shape_.canary_times);
  }
  void add(tally& to, double mean, double errors) {
    if (mean <= 0) return;
    const auto total = std::poisson_distribution<std::uint64_t>(mean)(random_);
    to.total += total;
    to.events += std::binomial_distribution<std::uint64_t>(total, errors)(random_);
  }

  const shape shape_;
  std::mt19937 random_;
  pair open_;
};

/// Share of rollouts whose evidence ever reaches 1 / chance. \param bias the mean factor of the batches that span a
/// step, in a bet on (rollback) or against (promotion) a far worse canary
template <class Evidence>
double decided(const shape& s, const Evidence& fresh, double chance, double* bias = nullptr) {
  constexpr int runs = 1000;
  int reached = 0;
  double sum = 0;
  std::size_t batches = 0;
  for (int i = 0; i != runs; ++i) {
    const auto largest = rollout(s, std::uint32_t(i)).most(fresh, [&](const pair& p) {
      sum += s.before ? betting_factor(p, s.canary_times, 1, null_is::at_least)
                      : betting_factor(p, 1, 100, null_is::at_most);
      ++batches;
    });
    reached += largest >= 1 / chance;
  }
  if (bias) *bias = sum / double(batches);
  return double(reached) / runs;
}

const rollback_process against(0, assumption::any_within_batch, 1);
const promotion_process in_favour({.name = "errors", .tolerance = 0, .margin = 2, .allowed = 0},
                                  assumption::any_within_batch, 1, 2);

}  // namespace

BOOST_AUTO_TEST_SUITE(weights)

// Within a batch that spans a step the share of traffic is not one share. If the error rate changes with it the batch
// is biased, but there is one of them a step: no count of requests has to look for steps.
BOOST_AUTO_TEST_CASE(an_outage_that_begins_with_each_step_of_the_weight_rolls_no_good_canary_back) {
  const shape shapes[] = {
      {"10 requests a round, an outage of ten rounds", 10, .001, .05, 10, false, 1},
      {"300 requests a round, an outage of one", 300, .001, .05, 1, false, 1},
      {"300 requests a round, an outage of ten", 300, .001, .05, 10, false, 1},
      {"300 requests a round, no error but the outage's", 300, 0, .03, 1, false, 1},
  };
  for (const auto& one : shapes) {
    BOOST_TEST_CONTEXT(one.name) {
      double bias = 1;
      for (const double alpha : {.1, .05}) BOOST_TEST(decided(one, against, alpha, &bias) <= alpha);
      BOOST_TEST(bias > 1.05);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_outage_that_ends_with_each_step_promotes_no_bad_canary) {
  const shape shapes[] = {
      {"10 requests a round, an outage of ten rounds", 10, .005, .05, 10, true, 2},
      {"300 requests a round, an outage of one", 300, .005, .05, 1, true, 2},
      {"300 requests a round, an outage of ten", 300, .005, .05, 10, true, 2},
  };
  for (const auto& one : shapes) {
    BOOST_TEST_CONTEXT(one.name) {
      double bias = 1;
      for (const double beta : {.1, .05}) BOOST_TEST(decided(one, in_favour, beta, &bias) <= beta);
      BOOST_TEST(bias > 1.01);
    }
  }
}

BOOST_AUTO_TEST_CASE(over_the_same_steps_a_bad_canary_is_found_and_a_good_one_promoted) {
  BOOST_TEST(decided({"", 300, .001, .05, 10, false, 3}, against, .05) > .95);
  BOOST_TEST(decided({"", 300, .005, .05, 10, true, 1}, in_favour, .05) > .5);
}

BOOST_AUTO_TEST_SUITE_END()
