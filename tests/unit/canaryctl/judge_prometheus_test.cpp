// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/prometheus_source.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace canaryctl;
using namespace canaryctl::judge;
using canary::judge::tally;
using canary::judge::track;

namespace {

/// Two pods as Prometheus knows them, by way of the hook that history is read with: each query's text is answered from
/// the numbers here.
struct scene {
  struct pod {
    std::string name;
    std::string side;
    double scraped;
    double requests;
    double errors;
    double within;  ///< requests in the bucket of 250 ms
    std::string version = "v1";
  };

  double now = 1000;
  bool answers = true;
  std::vector<pod> pods{{"s", "stable", 999, 100, 1, 90}, {"c", "canary", 999, 50, 2, 45, "v2"}};
  std::set<std::string> lacking;  ///< metrics that no pod has
  std::vector<std::string> asked;
  std::vector<double> asked_at;

  using result = boost::system::result<std::vector<vector_sample>, prometheus_error>;

  result operator()(const std::string& promql, std::optional<double> at) {
    if (!answers) return prometheus_error{false, "http://p: refused"};
    if (promql == "time()") return std::vector<vector_sample>{{{}, now}};
    asked.push_back(promql);
    asked_at.push_back(at.value_or(0));
    std::vector<vector_sample> out;
    const auto has = [&](const char* part) { return promql.find(part) != std::string::npos; };
    for (const auto& metric : lacking)
      if (has(metric.c_str())) return out;
    if (has("count by (le)")) return bounds(has("canary"));
    if (has("traefik_service_requests_total")) {
      const double events = has("502|503|504") ? 1 : 0;
      const double count = has("web-canary") ? 10 : 40;
      return std::vector<vector_sample>{{{{"instance", "gateway:9100"}}, events > 0 ? count / 10 : count}};
    }
    for (const auto& one : pods) {
      const std::map<std::string, std::string> labels{{"pod", one.name}, {"track", one.side}, {"version", one.version}};
      if (has("canary_build_info")) {
        auto more = labels;
        more["config"] = one.name + "-config";
        out.push_back({more, 1});
        continue;
      }
      out.push_back({labels, has("timestamp(")    ? one.scraped
                             : has("start_time")  ? 500
                             : has("_bucket")     ? one.within
                             : has("code=~\"5.*") ? one.errors
                                                  : one.requests});
    }
    return out;
  }

  result bounds(bool canary) const {
    std::vector<vector_sample> out{{{{"le", "0.25"}}, 1}, {{{"le", "+Inf"}}, 1}};
    if (canary && differing) out.push_back({{{"le", "0.5"}}, 1});
    return out;
  }
  bool differing = false;

  prometheus_options options() {
    prometheus_options o;
    o.measures = {*errors_measure(o.names, .999), *slow_measure(o.names, .25)};
    o.stable = *selector::parse("track=\"stable\"");
    o.canary = *selector::parse("track=\"canary\"");
    o.ask = [this](const std::string& promql, std::optional<double> at) { return (*this)(promql, at); };
    return o;
  }
  void scrape(double at) {
    for (auto& one : pods) one.scraped = at;
  }
};

const canary::judge::pod_sample& of(const std::vector<canary::judge::pod_sample>& all, const std::string& pod) {
  for (const auto& one : all)
    if (one.pod == pod) return one;
  throw std::runtime_error("no pod " + pod);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(judge_prometheus)

BOOST_AUTO_TEST_CASE(all_of_a_round_is_asked_at_one_instant_before_now) {
  scene p;
  prometheus_source from(p.options());
  const auto r = from.next();
  BOOST_TEST(r.ended);
  BOOST_TEST(r.now == 1000);
  BOOST_TEST_REQUIRE(!p.asked_at.empty());
  for (const double at : p.asked_at) BOOST_TEST(at == 999.5);
  // By everything that names a pod, its track and its version: each sample can be told whose it is.
  BOOST_TEST(p.asked.front() == "sum by (instance,namespace,pod,track,version) (http_requests_total)");
  BOOST_TEST(p.asked[1] == "sum by (instance,namespace,pod,track,version) (http_requests_total{code=~\"5.*\"})");
}

BOOST_AUTO_TEST_CASE(series_become_pods_with_a_tally_a_measure) {
  scene p;
  prometheus_source from(p.options());
  const auto r = from.next();
  BOOST_TEST(r.problems.empty());
  BOOST_TEST_REQUIRE(r.pods.size() == 2u);
  const auto& canary = of(r.pods, "c");
  BOOST_TEST((canary.side == track::canary));
  BOOST_TEST(canary.revision.version == "v2");
  BOOST_TEST(canary.revision.config == "");
  BOOST_TEST(canary.start_time == 500);
  BOOST_TEST((canary.counters[0] == tally{50, 2}));
  BOOST_TEST((canary.counters[1] == tally{50, 5}));  // slow are those that are not within the bucket
  BOOST_TEST((of(r.pods, "s").side == track::stable));
  BOOST_TEST((of(r.pods, "s").counters[1] == tally{100, 10}));
}

BOOST_AUTO_TEST_CASE(a_round_ends_when_every_pod_was_scraped_again) {
  scene p;
  prometheus_source from(p.options());
  BOOST_TEST(from.next().ended);
  p.now = 1001;
  BOOST_TEST(!from.next().ended);  // nothing newer
  p.pods[0].scraped = 1000.8;
  BOOST_TEST(!from.next().ended);  // one of two
  p.now = 1002;
  p.pods[1].scraped = 1001.2;
  const auto r = from.next();
  BOOST_TEST(r.ended);
  BOOST_TEST(r.pods.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_pod_that_is_scraped_no_more_is_waited_for_three_scrape_intervals) {
  scene p;
  prometheus_source from(p.options());
  from.next();
  p.now = 1010;
  p.scrape(1009);
  BOOST_TEST(from.next().ended);  // every ten seconds, then
  for (p.now = 1011; p.now < 1040; ++p.now) {
    p.pods[0].scraped = p.now - 1;
    BOOST_TEST(!from.next().ended);
  }
  const auto r = from.next();
  BOOST_TEST(r.ended);
  BOOST_TEST_REQUIRE(r.pods.size() == 1u);
  BOOST_TEST(r.pods[0].pod == "s");
}

BOOST_AUTO_TEST_CASE(without_an_answer_time_passes_for_the_guardrails) {
  scene p;
  prometheus_source from(p.options());
  p.answers = false;
  const auto r = from.next();
  BOOST_TEST(!r.reached);
  BOOST_TEST(r.ended);
  BOOST_TEST(r.pods.empty());
  BOOST_TEST_REQUIRE(r.problems.size() == 1u);
  BOOST_TEST(r.problems[0] == "http://p: refused");
  BOOST_TEST(r.now > 1.7e9);       // by our own clock
  BOOST_TEST(!from.next().ended);  // not with every question
}

BOOST_AUTO_TEST_CASE(a_missing_counter_of_errors_is_none_and_a_missing_bucket_leaves_the_pod_out) {
  scene p;
  p.lacking = {"code=~\"5.*\""};
  prometheus_source errors(p.options());
  const auto r = errors.next();
  BOOST_TEST((of(r.pods, "c").counters[0] == tally{50, 0}));
  p.lacking = {"_bucket"};
  prometheus_source bucket(p.options());
  const auto none = bucket.next();
  BOOST_TEST(none.pods.empty());
  BOOST_TEST_REQUIRE(none.problems.size() == 2u);
  BOOST_TEST(none.problems[0].find("c: no http_request_duration_seconds_bucket{le=~") == 0u, none.problems[0]);
  p.lacking = {"http_requests_total"};
  prometheus_source nothing(p.options());
  const auto empty = nothing.next();
  BOOST_TEST_REQUIRE(empty.problems.size() == 1u);
  BOOST_TEST(empty.problems[0] == "Prometheus has no http_requests_total of either track");
}

BOOST_AUTO_TEST_CASE(pods_of_neither_track_are_left_alone) {
  scene p;
  p.pods.push_back({"other", "blue", 999, 1000, 1000, 0});
  prometheus_source from(p.options());
  const auto r = from.next();
  BOOST_TEST(r.ended);
  BOOST_TEST(r.pods.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_revision_is_version_and_config_where_both_are_asked_for) {
  scene p;
  auto options = p.options();
  options.revision.with_config = true;
  prometheus_source from(std::move(options));
  const auto round = from.next();
  const auto& canary = of(round.pods, "c").revision;
  BOOST_TEST(canary.version == "v2");
  BOOST_TEST(canary.config == "c-config");
}

BOOST_AUTO_TEST_CASE(bucket_bounds_that_differ_are_named) {
  scene p;
  prometheus_source same(p.options());
  BOOST_TEST(same.next().differing_bounds.empty());
  p.differing = true;
  prometheus_source other(p.options());
  BOOST_TEST(other.next().differing_bounds == "http_request_duration_seconds");
}

BOOST_AUTO_TEST_CASE(the_gateways_counts_of_both_tracks_come_with_the_round) {
  scene p;
  auto options = p.options();
  options.at_gateway = *make_gateway_measure({"traefik", "shop", "web", "web-canary", {}, {}}, .999);
  prometheus_source from(std::move(options));
  const auto r = from.next();
  BOOST_TEST_REQUIRE(r.gateway.size() == 2u);
  BOOST_TEST((of(r.gateway, "gateway:9100 of stable").counters[0] == tally{40, 4}));
  BOOST_TEST((of(r.gateway, "gateway:9100 of canary").counters[0] == tally{10, 1}));
  BOOST_TEST((of(r.gateway, "gateway:9100 of canary").side == track::canary));
}

BOOST_AUTO_TEST_CASE(a_gateway_that_counts_nothing_of_a_track_is_named_with_what_was_looked_for) {
  scene p;
  p.lacking = {"web-canary"};
  auto options = p.options();
  options.at_gateway = *make_gateway_measure({"traefik", "shop", "web", "web-canary", {}, {}}, .999);
  prometheus_source from(std::move(options));
  const auto r = from.next();
  BOOST_TEST(r.ended);
  BOOST_TEST(r.gateway.size() == 1u);
  BOOST_TEST_REQUIRE(r.problems.size() == 1u);
  BOOST_TEST(r.problems[0].find("Prometheus has no traefik_service_requests_total{service=~") == 0u, r.problems[0]);
}

BOOST_AUTO_TEST_SUITE_END()
