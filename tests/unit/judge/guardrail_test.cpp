// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/budget.hpp>
#include <canary/judge/guardrail.hpp>

#include <boost/test/unit_test.hpp>

using namespace canary::judge;

namespace {

void expect(const conditions& c, decision d, cause why, const char* words) {
  const auto v = guard(c);
  BOOST_TEST_REQUIRE(v.has_value());
  BOOST_TEST((v->decided == d));
  BOOST_TEST((v->because == why));
  BOOST_TEST(v->reason.find(words) != std::string::npos, v->reason);
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_well_says_nothing) {
  BOOST_TEST(!guard({}).has_value());
  BOOST_TEST(!guard({.ready_canary_endpoints = 1}).has_value());
}

BOOST_AUTO_TEST_CASE(each_guardrail_has_its_verdict_and_its_words) {
  expect({.canary_restarts = 3}, decision::rollback, cause::crash_loop, "restarted 3 times");
  expect({.ready_canary_endpoints = 0, .seconds_without_ready_canary = 120}, decision::rollback, cause::no_ready_canary,
         "no canary pod has been ready for 2 min");
  expect({.seconds_without_canary_traffic = 120}, decision::inconclusive, cause::canary_without_traffic,
         "had no request for 2 min");
  expect({.seconds_without_metrics = 60, .missing = "stable"}, decision::inconclusive, cause::metrics_missing,
         "no metrics of stable for 60 s");
  expect({.differing_bounds = "http_request_duration_seconds"}, decision::inconclusive, cause::bounds_differ,
         "same bucket bounds in http_request_duration_seconds");
}

BOOST_AUTO_TEST_CASE(just_under_each_limit_is_well) {
  BOOST_TEST(!guard({.canary_restarts = 2}).has_value());
  BOOST_TEST(!guard({.ready_canary_endpoints = 0, .seconds_without_ready_canary = 119}).has_value());
  BOOST_TEST(!guard({.ready_canary_endpoints = 1, .seconds_without_ready_canary = 500}).has_value());
  BOOST_TEST(!guard({.seconds_without_canary_traffic = 119}).has_value());
  BOOST_TEST(!guard({.seconds_without_metrics = 59}).has_value());
}

BOOST_AUTO_TEST_CASE(scraping_alone_tells_silence_restarts_and_missing_traffic) {
  batcher b;
  const auto scrape = [&](double now, std::uint64_t requests, bool canary, double started) {
    b.add({"s", track::stable, {}, 1000, {{requests, 0}}});
    if (canary) b.add({"c", track::canary, {}, started, {{5, 0}}});
    (void)b.end_round(now);
  };
  for (int i = 0; i <= 130; ++i) scrape(5000 + i, std::uint64_t(10 * i), true, 1000);
  BOOST_TEST((guard(observed(b))->because == cause::canary_without_traffic));
  for (int i = 131; i <= 191; ++i) scrape(5000 + i, std::uint64_t(10 * i), false, 1000);
  const auto missing = guard(observed(b));
  BOOST_TEST((missing->because == cause::metrics_missing));
  BOOST_TEST(missing->reason.find("no metrics of the canary for 61 s") != std::string::npos, missing->reason);
  for (int i = 192; i <= 195; ++i) scrape(5000 + i, std::uint64_t(10 * i), true, 5000 + 2 * i);
  BOOST_TEST((guard(observed(b))->because == cause::crash_loop));
}

BOOST_AUTO_TEST_CASE(names_are_as_documented) {
  BOOST_TEST(to_string(decision::promote) == "promote");
  BOOST_TEST(to_string(decision::rollback) == "rollback");
  BOOST_TEST(to_string(decision::inconclusive) == "inconclusive");
  BOOST_TEST(to_string(cause::canary_without_traffic) == "canary_without_traffic");
  BOOST_TEST(to_string(cause::bounds_differ) == "bounds_differ");
}

BOOST_AUTO_TEST_CASE(budget_is_projected_from_the_rate) {
  const auto half = project_budget({100000, 10}, {10000, 5}, .001, 30);
  BOOST_TEST(half.left == .5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(half.days_until_spent == 30);
  BOOST_TEST(!half.refuses());
  const auto over = project_budget({100000, 100}, {10000, 40}, .001, 30);
  BOOST_TEST(over.left == -3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(over.days_until_spent == 7.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(over.refuses());
  BOOST_TEST(!project_budget({100000, 1000}, {10000, 40}, .001, 30).refuses());
  BOOST_TEST(!project_budget({}, {}, .001, 30).refuses());
  BOOST_TEST(!project_budget({100000, 0}, {10000, 5000}, 0, 30).refuses());
}
