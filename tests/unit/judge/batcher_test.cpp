// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/batcher.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace canary::judge;

namespace {

constexpr double epoch = 1'700'000'000;

pod_sample sample(std::string pod, track side, std::uint64_t requests, std::uint64_t errors = 0,
                  double start = epoch - 1000) {
  return {std::move(pod), side, {}, start, {{requests, errors}}};
}

/// Two pods that were warm before we looked; each round adds to their counters.
struct scene {
  explicit scene(batcher_options o = {}) : b(o) {}

  std::optional<batch> round(std::uint64_t stable, std::uint64_t canary, bool stable_answers = true,
                             bool canary_answers = true) {
    s += stable;
    c += canary;
    now += 1;
    if (stable_answers) b.add(sample("s", track::stable, s, s / 10));
    if (canary_answers) b.add(sample("c", track::canary, c, c / 5));
    return b.end_round(now);
  }

  batcher b;
  std::uint64_t s = 1000;
  std::uint64_t c = 500;
  double now = epoch;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_counted_before_the_first_scrape_is_left_out) {
  scene t;
  BOOST_TEST(!t.round(0, 0));
  const auto b = t.round(10, 5);
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST((b->stable[0] == tally{10, 1}));
  BOOST_TEST((b->canary[0] == tally{5, 1}));
  BOOST_TEST(b->seconds == 1);
}

BOOST_AUTO_TEST_CASE(closes_at_four_new_requests_in_each_track_and_not_before) {
  scene t;
  t.round(0, 0);
  BOOST_TEST(!t.round(100, 3));
  BOOST_TEST(!t.round(100, 0));
  const auto b = t.round(0, 1);
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST(b->stable[0].total == 200);
  BOOST_TEST(b->canary[0].total == 4);
  BOOST_TEST(b->seconds == 3);
}

BOOST_AUTO_TEST_CASE(slow_traffic_makes_full_batches_at_any_rate) {
  // Requests a scrape, both tracks together; a fifth of them reach the canary.
  for (const double rate : {0.05, 0.2, 1.0}) {
    std::mt19937_64 random(3);
    scene t;
    t.round(0, 0);
    int batches = 0;
    std::uint64_t stable = 0;
    std::uint64_t canary = 0;
    for (int i = 0; i != 20000; ++i) {
      const auto b = t.round(std::poisson_distribution<std::uint64_t>(rate * .8)(random),
                             std::poisson_distribution<std::uint64_t>(rate * .2)(random));
      if (!b) continue;
      ++batches;
      BOOST_TEST_REQUIRE(b->stable[0].total >= 4);
      BOOST_TEST_REQUIRE(b->canary[0].total >= 4);
      stable += b->stable[0].total;
      canary += b->canary[0].total;
    }
    BOOST_TEST(batches > int(20000 * rate * .2 / 4 * .8));
    BOOST_TEST(double(canary) / double(stable + canary) == .2, boost::test_tools::tolerance(.1));
  }
}

BOOST_AUTO_TEST_CASE(errors_have_no_say_in_when_a_batch_closes) {
  std::mt19937_64 random(5);
  batcher with;
  batcher without;
  std::uint64_t n[2] = {0, 0};
  std::uint64_t errors[2] = {0, 0};
  for (int i = 0; i != 2000; ++i) {
    for (int side = 0; side != 2; ++side) {
      const auto more = std::poisson_distribution<std::uint64_t>(side ? .4 : 1.6)(random);
      n[side] += more;
      errors[side] += more;
      const auto where = side ? track::canary : track::stable;
      with.add(sample(side ? "c" : "s", where, n[side], errors[side]));
      without.add(sample(side ? "c" : "s", where, n[side], 0));
    }
    const auto a = with.end_round(epoch + i);
    const auto b = without.end_round(epoch + i);
    BOOST_TEST_REQUIRE(a.has_value() == b.has_value());
    if (a) BOOST_TEST_REQUIRE(a->canary[0].total == b->canary[0].total);
  }
}

BOOST_AUTO_TEST_CASE(a_missed_scrape_keeps_the_batch_open_until_both_tracks_cover_the_same_time) {
  scene t;
  t.round(0, 0);
  BOOST_TEST(!t.round(40, 10, true, false));
  const auto b = t.round(40, 10);
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST(b->stable[0].total == 80);
  BOOST_TEST(b->canary[0].total == 20);
  BOOST_TEST(b->seconds == 2);
}

BOOST_AUTO_TEST_CASE(a_pod_that_vanished_is_waited_for_three_rounds_and_what_it_counted_stays) {
  scene t;
  t.b.add(sample("s2", track::stable, 100));
  t.round(0, 0);
  t.b.add(sample("s2", track::stable, 107));
  const auto first = t.round(10, 2);
  BOOST_TEST(!first);
  BOOST_TEST(!t.round(10, 5));
  BOOST_TEST(!t.round(10, 5));
  const auto b = t.round(10, 5);
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST(b->stable[0].total == 47);
  BOOST_TEST(t.b.counts().vanished_pods == 1);
  BOOST_TEST(t.b.pods(track::stable) == 1);
  // It comes back: the gap does not count.
  t.b.add(sample("s2", track::stable, 900));
  BOOST_TEST_REQUIRE(t.round(10, 5)->stable[0].total == 10);
}

BOOST_AUTO_TEST_CASE(a_restart_loses_no_batch_and_adds_nothing_it_did_not_count) {
  scene t;
  t.round(0, 0);
  t.now += 1;
  t.b.add(sample("s", track::stable, t.s += 20));
  t.b.add(sample("c", track::canary, 3, 3, t.now));  // a new process: warming up
  BOOST_TEST(!t.b.end_round(t.now));
  BOOST_TEST(t.b.counts().restarts_canary == 1);
  std::optional<batch> b;
  double from = t.now;
  for (std::uint64_t i = 1; i <= 40 && !b; ++i) {
    t.now += 1;
    t.b.add(sample("s", track::stable, t.s += 1));
    t.b.add(sample("c", track::canary, 3 + i, 3, from));
    b = t.b.end_round(t.now);
  }
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST(b->canary[0].total == 4);
  BOOST_TEST(b->canary[0].events == 0);
  BOOST_TEST(t.now - from == 34);
}

BOOST_AUTO_TEST_CASE(counters_that_fall_are_a_restart_though_the_start_time_is_not_known) {
  batcher b({.warmup = 0});
  b.add(sample("s", track::stable, 100, 0, 0));
  b.add(sample("c", track::canary, 100, 50, 0));
  b.end_round(epoch);
  b.add(sample("s", track::stable, 110, 0, 0));
  b.add(sample("c", track::canary, 7, 1, 0));
  BOOST_TEST(!b.end_round(epoch + 1));
  BOOST_TEST(b.counts().restarts_canary == 1);
  b.add(sample("s", track::stable, 120, 0, 0));
  b.add(sample("c", track::canary, 12, 2, 0));
  const auto closed = b.end_round(epoch + 2);
  BOOST_TEST_REQUIRE(closed.has_value());
  BOOST_TEST((closed->canary[0] == tally{5, 1}));
}

BOOST_AUTO_TEST_CASE(a_new_pod_counts_after_its_warmup) {
  scene t;
  t.round(0, 0);
  const double born = t.now;
  std::uint64_t counted = 0;
  for (int i = 1; i <= 40; ++i) {
    t.b.add(sample("new", track::canary, std::uint64_t(10 * i), 0, born));
    if (const auto b = t.round(10, 5)) counted += b->canary[0].total - 5;
  }
  // From the scrape at 30 s to the one at 40 s.
  BOOST_TEST(counted == 100);
}

BOOST_AUTO_TEST_CASE(clock_jumps_change_neither_counts_nor_ages) {
  for (const double jump : {-3600.0, 3600.0, -1.5, 86400.0 * 365}) {
    scene t;
    t.round(0, 0);
    t.round(10, 5);
    t.b.add(sample("new", track::canary, 100, 0, t.now));
    t.round(10, 5);
    t.now += jump;
    t.b.add(sample("new", track::canary, 1000, 1000, t.now - jump));
    const auto b = t.round(10, 5);
    BOOST_TEST_REQUIRE(b.has_value());
    BOOST_TEST(b->canary[0].total == 5);
    BOOST_TEST(b->stable[0].total == 10);
    BOOST_TEST(b->seconds == 0);
    BOOST_TEST(t.b.counts().clock_jumps == 1);
    BOOST_TEST(t.b.counts().vanished_pods == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_second_sample_in_a_round_is_not_added) {
  scene t;
  t.round(0, 0);
  t.b.add(sample("s", track::stable, t.s + 10, t.s / 10));
  const auto b = t.round(12, 5);
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST(b->stable[0].total == 10);
  BOOST_TEST(t.b.counts().repeated_samples == 1);
  BOOST_TEST(t.round(10, 5)->stable[0].total == 12);
}

BOOST_AUTO_TEST_CASE(only_the_revision_under_test_counts) {
  scene t({.canary_revision = {"v3", "abc"}});
  t.round(0, 0);
  t.round(10, 5);
  BOOST_TEST(t.b.pods(track::canary) == 0);
  BOOST_TEST(t.b.counts().other_revision == 2);
}

BOOST_AUTO_TEST_CASE(each_track_is_told_by_as_much_of_a_revision_as_is_given) {
  struct revision_case {
    pod_revision wanted;
    bool counts;
  };
  const revision_case cases[] = {
      {{}, true},          {{"v3", ""}, true},    {{"", "abc"}, true},    {{"v3", "abc"}, true},  {{"v2", ""}, false},
      {{"", "ab"}, false}, {{"v3", "ab"}, false}, {{"v2", "abc"}, false}, {{"v3/abc", ""}, false}};
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.wanted.version << " and " << one.wanted.config) {
      batcher b({.stable_revision = one.wanted, .canary_revision = {"v4", ""}});
      auto stable = sample("s", track::stable, 100);
      stable.revision = {"v3", "abc"};
      auto canary = sample("c", track::canary, 100);
      canary.revision = {"v4", "def"};
      b.add(stable);
      b.add(canary);
      BOOST_TEST(b.pods(track::stable) == (one.counts ? 1u : 0u));
      BOOST_TEST(b.pods(track::canary) == 1u);
      BOOST_TEST(b.counts().other_revision == (one.counts ? 0u : 1u));
    }
  }
}

BOOST_AUTO_TEST_CASE(another_number_of_counters_is_left_out_and_counted) {
  batcher b({.metrics = 2});
  b.add(sample("s", track::stable, 100));
  BOOST_TEST(b.counts().malformed == 1);
  BOOST_TEST(b.pods(track::stable) == 0);
  BOOST_CHECK_THROW(batcher({.metrics = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(batcher({.metrics = 1, .least_requests = 0}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(an_error_counted_before_its_request_waits_for_the_next_batch) {
  batcher b;
  b.add(sample("s", track::stable, 0, 0));
  b.add(sample("c", track::canary, 0, 0));
  b.end_round(epoch);
  b.add(sample("s", track::stable, 8, 0));
  b.add(sample("c", track::canary, 4, 5));
  BOOST_TEST((b.end_round(epoch + 1)->canary[0] == tally{4, 4}));
  b.add(sample("s", track::stable, 16, 0));
  b.add(sample("c", track::canary, 8, 5));
  BOOST_TEST((b.end_round(epoch + 2)->canary[0] == tally{4, 1}));
}

BOOST_AUTO_TEST_CASE(a_change_of_weights_starts_a_batch_anew) {
  scene t;
  t.round(0, 0);
  t.round(100, 3);
  t.b.discard();
  BOOST_TEST(!t.round(100, 100));
  const auto b = t.round(10, 10);
  BOOST_TEST_REQUIRE(b.has_value());
  BOOST_TEST(b->stable[0].total == 10);
  BOOST_TEST(b->canary[0].total == 10);
}

BOOST_AUTO_TEST_CASE(silence_and_quiet_are_timed_for_the_guardrails) {
  scene t;
  t.round(0, 0);
  for (int i = 0; i != 5; ++i) t.round(10, 0);
  BOOST_TEST(t.b.seconds_without_traffic(track::canary) == 5);
  BOOST_TEST(t.b.seconds_without_traffic(track::stable) == 0);
  for (int i = 0; i != 7; ++i) t.round(10, 0, true, false);
  BOOST_TEST(t.b.seconds_without_samples(track::canary) == 7);
  t.b.add(sample("c", track::canary, t.c, t.c / 5));
  t.round(10, 0, true, false);
  BOOST_TEST(t.b.seconds_without_samples(track::canary) == 0);
}
