// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/measure.hpp"
#include "canaryctl/judge/scrape_source.hpp"
#include "canaryctl/judge/selector.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace canaryctl;
using namespace canaryctl::judge;
using canary::judge::tally;

namespace {

const std::string scraped =
    "http_requests_total{version=\"v2\",path=\"/\",code=\"200\"} 90\n"
    "http_requests_total{version=\"v2\",path=\"/\",code=\"503\"} 6\n"
    "http_requests_total{version=\"v2\",path=\"/healthz\",code=\"500\"} 4\n"
    "http_request_duration_seconds_bucket{path=\"/\",le=\"0.25\"} 70\n"
    "http_request_duration_seconds_bucket{path=\"/\",le=\"1.0\"} 90\n"
    "http_request_duration_seconds_bucket{path=\"/\",le=\"+Inf\"} 100\n"
    "http_request_duration_seconds_count{path=\"/\"} 100\n"
    "process_start_time_seconds 1700000000.5\n"
    "canary_build_info{config=\"abc\"} 1\n"
    "traefik_service_requests_total{service=\"shop-web-80@kubernetes\",code=\"200\"} 50\n"
    "traefik_service_requests_total{service=\"shop-web-80@kubernetes\",code=\"500\"} 5\n"
    "traefik_service_requests_total{service=\"httproute-x-svc-shop-web-canary-1@kubernetesgateway\",code=\"502\"} 3\n"
    "traefik_service_requests_total{service=\"httproute-x-svc-shop-web-canary-1@kubernetesgateway\",code=\"200\"} 7\n"
    "traefik_service_requests_total{service=\"shop-web-web-80@kubernetesingressnginx\",code=\"200\"} 100\n"
    "traefik_service_requests_total{service=\"shop-web-web-80-canary@kubernetesingressnginx\",code=\"502\"} 20\n"
    "traefik_service_requests_total{service=\"shop-web-web-80-wrr@kubernetesingressnginx\",code=\"502\"} 20\n"
    "nginx_ingress_controller_requests{service=\"web\",canary=\"\",status=\"504\"} 2\n"
    "nginx_ingress_controller_requests{service=\"web\",canary=\"shop-web-canary-80\",status=\"200\"} 11\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(judge_source)

BOOST_AUTO_TEST_CASE(a_selector_matches_as_promql_does) {
  const std::map<std::string, std::string> labels{{"code", "503"}, {"path", "/a\"b"}};
  const struct {
    const char* text;
    bool matches;
  } cases[] = {
      {"", true},
      {"code=\"503\"", true},
      {"code=\"50\"", false},
      {"code=~\"5.*\"", true},
      {"code=~\"0\"", false},  // the whole value has to match
      {"code!~\"5.*\"", false},
      {"code!=\"200\",path=\"/a\\\"b\"", true},
      {"none=\"\"", true},
      {"none!=\"\"", false},
      {" code = '503' , ", true},
  };
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.text) {
      const auto read = selector::parse(one.text);
      BOOST_TEST_REQUIRE(read.has_value());
      BOOST_TEST(read->matches(labels) == one.matches);
      BOOST_TEST(selector::parse(read->text())->text() == read->text());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_bad_selector_is_named_with_its_place) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"5=\"x\"", "column 1: no label name"},       {"code\"5\"", "column 5: no =, !=, =~ or !~ after code"},
      {"code=5", "no value in quotes after code="}, {"code=\"5", "no value in quotes after code="},
      {"code=~\"(\"", "is no regular expression"},  {"a=\"1\" b=\"2\"", "no comma between two matchers"},
  };
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.text) {
      const auto read = selector::parse(one.text);
      BOOST_TEST_REQUIRE(!read.has_value());
      BOOST_TEST(read.error().what.find(one.says) != std::string::npos, read.error().what);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_scrape_becomes_a_pod_with_a_tally_a_measure) {
  scrape_options options;
  options.names.select = "path!=\"/healthz\"";
  options.measures = {*errors_measure(options.names, .999), *slow_measure(options.names, .25),
                      *slow_measure(options.names, 1),
                      *pair_measure("ok=http_requests_total/http_requests_total{code=\"200\"}")};
  options.revision.with_config = true;
  std::vector<std::string> missing;
  const auto pod = read_pod(*parse_text_format(scraped), options, missing);
  BOOST_TEST(missing.empty());
  BOOST_TEST_REQUIRE(pod.counters.size() == 4u);
  BOOST_TEST((pod.counters[0] == tally{96, 6}));
  BOOST_TEST((pod.counters[1] == tally{100, 30}));
  BOOST_TEST((pod.counters[2] == tally{100, 10}));
  BOOST_TEST((pod.counters[3] == tally{100, 90}));
  BOOST_TEST(pod.start_time == 1700000000.5);
  BOOST_TEST(pod.revision.version == "v2");
  BOOST_TEST(pod.revision.config == "abc");
}

BOOST_AUTO_TEST_CASE(a_bound_that_no_bucket_has_is_missing_and_not_taken_for_slow) {
  scrape_options options;
  options.measures = {*errors_measure({}, .999), *slow_measure({}, .3)};
  std::vector<std::string> missing;
  read_pod(*parse_text_format(scraped), options, missing);
  BOOST_TEST_REQUIRE(missing.size() == 1u);
  BOOST_TEST(missing[0].find("http_request_duration_seconds_bucket{le=~") == 0u, missing[0]);
}

BOOST_AUTO_TEST_CASE(the_gateway_counts_502_503_504_by_track) {
  const auto metrics = *parse_text_format(scraped);
  gateway_names names{"traefik", "shop", "web", "web-canary", {}, {}};
  auto traefik = *make_gateway_measure(names, .999);
  BOOST_TEST((read_gateway(metrics, traefik, canary::judge::track::stable) == tally{155, 0}));
  BOOST_TEST((read_gateway(metrics, traefik, canary::judge::track::canary) == tally{30, 23}));
  names.kind = "ingress-nginx";
  auto nginx = *make_gateway_measure(names, .999);
  BOOST_TEST((read_gateway(metrics, nginx, canary::judge::track::stable) == tally{2, 2}));
  BOOST_TEST((read_gateway(metrics, nginx, canary::judge::track::canary) == tally{11, 0}));
}

BOOST_AUTO_TEST_CASE(a_scrape_target_is_a_url_or_a_host) {
  const struct {
    const char* text;
    const char* url;
  } cases[] = {
      {"pods", "http://pods:8081/metrics"},    {"pods:9000", "http://pods:9000/metrics"},
      {"[::1]", "http://[::1]:8081/metrics"},  {"[::1]:80", "http://[::1]/metrics"},
      {"http://pods/", "http://pods/metrics"}, {"http://pods:1/other", "http://pods:1/other"},
  };
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.text) {
      const auto read = parse_scrape_target(one.text);
      BOOST_TEST_REQUIRE(read.has_value());
      BOOST_TEST(read->url() == one.url);
    }
  }
  BOOST_TEST(!parse_scrape_target("https://pods").has_value());
  BOOST_TEST(!parse_scrape_target("").has_value());
}

BOOST_AUTO_TEST_CASE(a_bad_pair_says_what_was_expected) {
  for (const char* text : {"", "a", "a=b", "=a/b", "a b=c/d", "a=b/c{d", "a=b/c{d}", "a=1b/c"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto read = pair_measure(text);
      BOOST_TEST_REQUIRE(!read.has_value());
      BOOST_TEST(read.error().what.find("expected") != std::string::npos, read.error().what);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_bound_below_a_millisecond_is_found_as_it_is_written) {
  for (const auto& [bound, le] : {std::pair{0.0005, "0.0005"}, {0.0001, "0.0001"}, {0.25, "0.25"}, {1.0, "1.0"}}) {
    BOOST_TEST(slow_measure({}, bound)->events.where.matches({{"le", le}}), le);
  }
}

BOOST_AUTO_TEST_SUITE_END()
