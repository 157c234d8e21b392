// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/engine.hpp"
#include "canaryctl/judge/record.hpp"
#include "canaryctl/judge/session.hpp"

#include "support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>

using namespace canaryctl::judge;
namespace stat = canary::judge;
using stat::decision;
using stat::tally;
using stat::track;

namespace {

engine_options errors_only() {
  engine_options o;
  o.batching.warmup = 0;
  return o;
}

round at(double now, tally stable, tally canary) {
  round r;
  r.now = now;
  r.reached = true;
  r.pods = {{"s", track::stable, {}, 1, {stable}}, {"c", track::canary, {}, 1, {canary}}};
  return r;
}

/// Rounds of 40 stable and 10 canary requests a second; every canary request fails.
struct failing : source {
  explicit failing(int from = 0) : i(from) {}
  int i;
  round next() override {
    ++i;
    return at(i, {std::uint64_t(40 * i), 0}, {std::uint64_t(10 * i), std::uint64_t(10 * i)});
  }
  std::string describe() const override { return "failing"; }
};

session_options quick(const std::string& state = {}, const std::string& record = {}) {
  session_options o;
  o.interval = std::chrono::milliseconds(1);
  o.rollout = "shop v2";
  o.state = state;
  o.record = record;
  return o;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(judge_engine)

BOOST_AUTO_TEST_CASE(rounds_become_batches_and_batches_a_verdict) {
  engine judged(errors_only());
  failing pods;
  BOOST_TEST(!judged.take(pods.next()).has_value());  // the baseline
  BOOST_TEST(judged.take(pods.next()).has_value());
  BOOST_TEST((judged.look().decided == decision::inconclusive));
  for (int i = 0; i != 20 && judged.look().decided == decision::inconclusive; ++i) judged.take(pods.next());
  BOOST_TEST((judged.look().decided == decision::rollback));
}

BOOST_AUTO_TEST_CASE(a_round_that_has_not_ended_is_left_out) {
  engine judged(errors_only());
  auto r = at(1, {0, 0}, {0, 0});
  r.ended = false;
  BOOST_TEST(!judged.take(r).has_value());
  BOOST_TEST(judged.pods().counts().rounds == 0u);
  BOOST_TEST(judged.reached());
}

BOOST_AUTO_TEST_CASE(the_gateways_errors_are_a_metric_of_their_own) {
  auto o = errors_only();
  o.judge.metrics.push_back(stat::errors_metric());
  o.judge.metrics.back().name = "gateway-errors";
  o.gateway = true;
  engine judged(o);
  for (int i = 0; i != 40 && judged.look().decided == decision::inconclusive; ++i) {
    auto r = at(i, {std::uint64_t(40 * i), 0}, {std::uint64_t(10 * i), 0});
    r.gateway = {{"g stable", track::stable, {}, 0, {{std::uint64_t(40 * i), 0}}},
                 {"g canary", track::canary, {}, 0, {{std::uint64_t(12 * i), std::uint64_t(2 * i)}}}};
    judged.take(r);
  }
  const auto v = judged.look();
  BOOST_TEST((v.decided == decision::rollback));
  BOOST_TEST(v.metrics[1].canary.events > 0u);
  BOOST_TEST(v.metrics[0].canary.events == 0u);
}

BOOST_AUTO_TEST_CASE(each_guardrail_has_its_own_verdict) {
  engine judged(errors_only());
  for (int i = 0; i != 200; ++i) judged.take(at(i, {std::uint64_t(40 * i), 0}, {0, 0}));
  BOOST_TEST((judged.look().because == stat::cause::canary_without_traffic));
  auto r = at(200, {8000, 0}, {0, 0});
  r.differing_bounds = "http_request_duration_seconds";
  judged.take(r);
  BOOST_TEST((judged.look().because == stat::cause::bounds_differ));

  engine silent(errors_only());
  for (int i = 0; i != 70; ++i) {
    round nothing;
    nothing.now = i;
    silent.take(nothing);
  }
  BOOST_TEST((silent.look().because == stat::cause::metrics_missing));
  BOOST_TEST(!silent.reached());

  engine unready(errors_only());
  for (int i = 0; i != 130; ++i) {
    auto none = at(i, {std::uint64_t(40 * i), 0}, {std::uint64_t(10 * i), 0});
    none.ready_canaries = 0;
    unready.take(none);
  }
  BOOST_TEST((unready.look().because == stat::cause::no_ready_canary));
  BOOST_TEST((unready.look().decided == decision::rollback));
}

BOOST_AUTO_TEST_CASE(restarts_are_counted_on_over_a_restart_of_the_judge) {
  engine first(errors_only());
  const auto crash = [](engine& e, int from) {
    for (int i = 0; i != 2; ++i) {
      e.take(at(from + 2 * i, {100, 0}, {100, 0}));
      e.take(at(from + 2 * i + 1, {100, 0}, {1, 0}));
    }
  };
  crash(first, 0);
  BOOST_TEST(first.conditions().canary_restarts == 2u);
  engine second(errors_only());
  second.restore(first.state());
  second.take(at(10, {100, 0}, {100, 0}));
  second.take(at(11, {100, 0}, {1, 0}));
  BOOST_TEST(second.conditions().canary_restarts == 3u);
  BOOST_TEST((second.look().because == stat::cause::crash_loop));
  BOOST_CHECK_THROW(second.restore("judge-engine-1 x"), std::invalid_argument);
  BOOST_CHECK_THROW(second.restore(""), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_session_stopped_and_begun_again_ends_as_one_that_was_not) {
  const canary_test::temp_dir folder;
  const auto file = [&folder](const char* name) { return (folder.path() / name).string(); };
  const auto never = [](std::chrono::nanoseconds) { return false; };
  session whole(errors_only(), quick({}, file("whole")), std::make_unique<failing>());
  const auto one = whole.run(never, {});

  int rounds = 0;
  session first(errors_only(), quick(file("state"), file("record")), std::make_unique<failing>());
  BOOST_TEST(first.run([&](std::chrono::nanoseconds) { return ++rounds == 3; }, {}).stopped);
  session second(errors_only(), quick(file("state"), file("record")), std::make_unique<failing>(2));
  BOOST_TEST(second.goes_on());
  const auto two = second.run(never, {});
  BOOST_TEST(verdict_line(one.verdict) == verdict_line(two.verdict));
  for (const char* name : {"whole", "record"}) {
    std::ifstream in(file(name));
    const auto again = replay(in);
    BOOST_TEST(again.recorded == verdict_line(one.verdict));
    BOOST_TEST(again.same());
  }

  auto other = errors_only();
  other.judge.alpha = 0.01;
  BOOST_CHECK_THROW(session(other, quick(file("state")), std::make_unique<failing>()), std::runtime_error);
  auto renamed = quick(file("state"));
  renamed.rollout = "shop v3";
  BOOST_TEST(!session(other, renamed, std::make_unique<failing>()).goes_on());
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_named_with_its_line) {
  const auto head = "judge-record-1\nlimits 3 1p+7 1p+7 1p+6\n" + to_line(stat::judge_options{}) + "\n";
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"", "before its options"},
      {"judge-record-2\n", "line 1"},
      {"judge-record-1\nlimits 3\n", "line 2"},
      {head + "batch 1 10/11 10/0\n", "line 4"},
      {head + "butch 1 10/1 10/0\n", "found 'butch'"},
      {head + "conditions - 0 0 0\n", "line 4"},
  };
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.says) {
      std::istringstream in(one.text);
      BOOST_CHECK_EXCEPTION(replay(in), std::runtime_error, [&](const std::runtime_error& error) {
        return std::string(error.what()).find(one.says) != std::string::npos;
      });
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
