// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/judge.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <stdexcept>
#include <string>

using namespace canary::judge;
using canary::judge::judge;

namespace {

judge_options two_metrics(assumption a = assumption::any_within_batch) {
  judge_options o;
  o.assume = a;
  o.metrics = {errors_metric(.99), slow_metric("slow")};
  return o;
}

batch draw(std::mt19937_64& random) {
  const auto t = [&](std::uint64_t n, double rate) {
    return tally{n, std::binomial_distribution<std::uint64_t>(n, rate)(random)};
  };
  return {{t(80, .02), t(80, .1)}, {t(20, .03), t(20, .12)}, 1.1};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_restored_judge_goes_on_bit_for_bit) {
  for (const auto a : {assumption::any_within_batch, assumption::independent}) {
    judge whole(two_metrics(a));
    judge broken(two_metrics(a));
    std::mt19937_64 random(1);
    for (int i = 0; i != 200; ++i) {
      const auto b = draw(random);
      whole.observe(b);
      broken.observe(b);
      if (i % 17 == 0) {
        judge next(two_metrics(a));
        next.restore(broken.state());
        broken = next;
      }
    }
    BOOST_TEST(whole.state() == broken.state());
    BOOST_TEST(whole.look().reason == broken.look().reason);
  }
}

BOOST_AUTO_TEST_CASE(a_record_replayed_gives_the_same_verdict_bit_for_bit) {
  std::mt19937_64 random(2);
  judge live(two_metrics());
  std::vector<std::string> record{to_line(live.options())};
  for (int i = 0; i != 100; ++i) {
    const auto b = draw(random);
    live.observe(b);
    record.push_back(to_line(b));
  }
  std::string error;
  const auto options = parse_options(record[0], error);
  BOOST_TEST_REQUIRE(options.has_value(), error);
  BOOST_TEST((*options == live.options()));
  judge replayed(*options);
  for (std::size_t i = 1; i != record.size(); ++i) {
    const auto b = parse_batch(record[i], error);
    BOOST_TEST_REQUIRE(b.has_value(), error);
    replayed.observe(*b);
  }
  BOOST_TEST(replayed.state() == live.state());
}

BOOST_AUTO_TEST_CASE(state_of_other_options_is_refused) {
  judge a(two_metrics());
  auto o = two_metrics();
  o.alpha = .01;
  judge b(o);
  BOOST_CHECK_EXCEPTION(b.restore(a.state()), std::invalid_argument,
                        [](const auto& e) { return std::string(e.what()).find("other options") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(damaged_state_is_refused_and_leaves_the_judge_as_it_was) {
  judge a(two_metrics());
  std::mt19937_64 random(3);
  for (int i = 0; i != 10; ++i) a.observe(draw(random));
  const auto state = a.state();
  judge b(two_metrics());
  const auto before = b.state();
  for (std::size_t cut = 0; cut < state.size(); cut += 7) {
    BOOST_CHECK_THROW(b.restore(state.substr(0, cut)), std::invalid_argument);
    auto damaged = state;
    damaged[cut] = '~';
    BOOST_CHECK_THROW(b.restore(damaged), std::invalid_argument);
  }
  BOOST_CHECK_THROW(b.restore(state + " 1"), std::invalid_argument);
  BOOST_TEST(b.state() == before);
}

BOOST_AUTO_TEST_CASE(bad_lines_say_what_was_expected) {
  std::string error;
  const struct {
    const char* line;
    const char* says;
  } cases[] = {
      {"", "expected batch"},
      {"batch", "expected a number in hexadecimal"},
      {"batch x 4/0 4/0", "expected a finite number in hexadecimal"},
      {"batch inf 4/0 4/0", "expected a finite number in hexadecimal"},
      {"batch -1p+0 4/0 4/0", "expected 0 or more"},
      {"batch 1p+0 4/5 4/0", "no more events than the total"},
      {"batch 1p+0 4/0", "the canary's counts"},
      {"batch 1p+0 4/0,4/0 4/0", "expected as many"},
      {"batch 1p+0 4/0 4/0,", "canary is '4/0,'"},
      {"batch 1p+0 4/0 4-0", "expected total/events"},
      {"batch 1p+0 99999999999999999999/0 4/0", "expected total/events"},
      {"batch 1p+0 4/0 4/0 4/0", "expected the end of the text"},
      {"judge-options-1", "expected batch"},
  };
  for (const auto& c : cases) {
    BOOST_TEST(!parse_batch(c.line, error));
    BOOST_TEST(error.find(c.says) != std::string::npos, c.line << ": " << error);
  }
  BOOST_TEST(!parse_options("batch 1p+0 4/0 4/0", error));
  BOOST_TEST(error.find("expected judge-options-1") != std::string::npos, error);
}

BOOST_AUTO_TEST_CASE(lines_come_back_exact) {
  std::string error;
  const batch b{{{1'000'000'000'000, 1}, {3, 3}}, {{4, 0}, {0, 0}}, 0.1};
  BOOST_TEST((parse_batch(to_line(b), error) == b), error);
}
