// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/text_format.hpp"
#include "canaryctl/judge/own_metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace canaryctl;
using namespace canaryctl::judge;
using canary::judge::track;

namespace {

using namespace std::chrono_literals;
constexpr own_metrics::clock::time_point start{100s};

round at(double now, std::uint64_t stable, std::uint64_t canary, std::uint64_t errors) {
  round r;
  r.now = now;
  r.reached = true;
  r.pods = {{"s", track::stable, {}, 1, {{stable, 0}}}, {"c", track::canary, {}, 1, {{canary, errors}}}};
  return r;
}

engine fresh() {
  engine_options o;
  o.batching.warmup = 0;
  return engine(o);
}

/// The one sample of that name with these labels.
double value(const std::string& text, const std::string& name, const std::map<std::string, std::string>& labels = {}) {
  const auto all = parse_text_format(text);
  if (!all) throw std::runtime_error(all.error().what);
  for (const auto& one : all->samples)
    if (one.name == "canaryctl_judge_" + name && one.labels == labels) return one.value;
  throw std::runtime_error("no " + name + " in\n" + text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(judge_own_metrics)

BOOST_AUTO_TEST_CASE(before_anything_is_known_nothing_is_told) { BOOST_TEST(own_metrics().render(start).empty()); }

BOOST_AUTO_TEST_CASE(what_the_engine_knows_is_told) {
  auto judged = fresh();
  own_metrics own;
  own.update(judged, 0, false, start);
  BOOST_TEST(value(own.render(start), "verdict", {{"verdict", "inconclusive"}}) == 1);
  BOOST_TEST(value(own.render(start), "batches_total") == 0);
  judged.take(at(1, 0, 0, 0));
  for (int i = 2; i != 40; ++i) judged.take(at(i, std::uint64_t(40 * i), std::uint64_t(10 * i), std::uint64_t(10 * i)));
  own.update(judged, 3, true, start + 5s);
  const auto text = own.render(start + 7s);
  const auto v = judged.look();
  BOOST_TEST(value(text, "verdict", {{"verdict", "rollback"}}) == 1);
  BOOST_TEST(value(text, "verdict", {{"verdict", "inconclusive"}}) == 0);
  BOOST_TEST(value(text, "verdict", {{"verdict", "promote"}}) == 0);
  BOOST_TEST(value(text, "cause", {{"cause", "evidence"}}) == 1);
  BOOST_TEST(value(text, "evidence", {{"metric", "errors"}, {"verdict", "rollback"}}) == v.metrics[0].against,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(value(text, "requests_total", {{"metric", "errors"}, {"track", "canary"}}) == 390);
  BOOST_TEST(value(text, "events_total", {{"metric", "errors"}, {"track", "canary"}}) == 390);
  BOOST_TEST(value(text, "events_total", {{"metric", "errors"}, {"track", "stable"}}) == 0);
  BOOST_TEST(value(text, "batches_total") == 38);
  BOOST_TEST(value(text, "rounds_total") == 39);
  BOOST_TEST(value(text, "problems_total") == 3);
  BOOST_TEST(value(text, "pods", {{"track", "canary"}}) == 1);
  BOOST_TEST(value(text, "batch_age_seconds") == 2);
}

BOOST_AUTO_TEST_CASE(the_age_of_the_last_batch_grows_until_the_next_one) {
  auto judged = fresh();
  own_metrics own;
  own.update(judged, 0, false, start);
  BOOST_TEST(value(own.render(start + 3s), "batch_age_seconds") == 3);  // since the beginning
  own.update(judged, 0, false, start + 4s);
  BOOST_TEST(value(own.render(start + 6s), "batch_age_seconds") == 6);
  own.update(judged, 0, true, start + 8s);
  own.update(judged, 0, false, start + 9s);
  BOOST_TEST(value(own.render(start + 10s), "batch_age_seconds") == 2);
}

BOOST_AUTO_TEST_CASE(requests_still_needed_are_told_only_with_a_verdict_in_sight) {
  const auto told = [](const engine& e) {
    own_metrics own;
    own.update(e, 0, false, start);
    return own.render(start);
  };
  auto good = fresh();
  for (int i = 1; i != 10; ++i) good.take(at(i, std::uint64_t(40 * i), std::uint64_t(10 * i), 0));
  BOOST_TEST(value(told(good), "expected_requests", {{"verdict", "promote"}}) == good.look().needed->canary_requests,
             boost::test_tools::tolerance(1e-9));
  auto idle = fresh();
  BOOST_TEST(told(idle).find("\ncanaryctl_judge_expected_requests{") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_restarted_pod_and_a_clock_that_jumped_are_counted) {
  auto judged = fresh();
  judged.take(at(1, 100, 100, 0));
  judged.take(at(2, 110, 3, 0));
  judged.take(at(90000, 120, 13, 0));
  own_metrics own;
  own.update(judged, 0, false, start);
  const auto text = own.render(start);
  BOOST_TEST(value(text, "pod_restarts_total", {{"track", "canary"}}) == 1);
  BOOST_TEST(value(text, "pod_restarts_total", {{"track", "stable"}}) == 0);
  BOOST_TEST(value(text, "clock_jumps_total") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
