// SPDX-License-Identifier: BSL-1.0
#include "sample_service.hpp"

#include <canary/version.hpp>

#include "support/exposition.hpp"

#include <boost/test/unit_test.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <limits>

namespace {

using canary::method;
using canary::metrics;
using canary_test::exposition;

}  // namespace

BOOST_AUTO_TEST_SUITE(constant_labels)

BOOST_AUTO_TEST_CASE(every_sample_has_version_and_track) {
  metrics m(canary_test::sample_identity());
  m.declare_http(canary_test::sample_routes());
  m.counter("jobs_total", "Jobs.", {{"kind", "big"}}).Increment();
  m.gauge("depth", "Depth.").Set(3);
  m.histogram("size_bytes", "Sizes.", {1, 10}).Observe(5);
  const exposition s(m.render());
  BOOST_TEST(s.samples().size() > 100u);
  for (const auto& sample : s.samples()) {
    BOOST_TEST_CONTEXT(sample.name) {
      BOOST_TEST((sample.labels.contains("version") && sample.labels.at("version") == "v2"));
      BOOST_TEST((sample.labels.contains("track") && sample.labels.at("track") == "canary"));
    }
  }
  BOOST_TEST(s.value("jobs_total", {{"kind", "big"}}).value() == 1);
  BOOST_TEST(s.value("size_bytes_bucket", {{"le", "10"}}).value() == 1);
  BOOST_TEST(s.all("process_threads").size() == 1u);
}

BOOST_AUTO_TEST_CASE(build_info_says_what_runs) {
  const exposition s(metrics(canary_test::sample_identity()).render());
  const std::map<std::string, std::string> labels{{"color", "green"},
                                                  {"revision", "abc123"},
                                                  {"config", "f00"},
                                                  {"libcanary", std::string(canary::library_version())}};
  BOOST_TEST(s.value("canary_build_info", labels).value() == 1);
  BOOST_TEST(s.all("canary_build_info").at(0).labels.size() == 6u);
}

BOOST_AUTO_TEST_CASE(gauges_of_faults_and_log_follow_what_is_told) {
  metrics m(canary_test::sample_identity());
  BOOST_TEST(exposition(m.render()).value("canary_fault_error_ratio").value() == 0);
  m.fault_error_ratio(0.05);
  m.log_dropped(7);
  const exposition s(m.render());
  BOOST_TEST(s.value("canary_fault_error_ratio").value() == 0.05);
  BOOST_TEST(s.value("canary_log_dropped_total").value() == 7);
  BOOST_TEST(s.types().at("canary_log_dropped_total") == "counter");
}

BOOST_AUTO_TEST_CASE(users_own_version_label_is_kept_under_another_name) {
  metrics m(canary_test::sample_identity());
  prometheus::BuildGauge()
      .Name("peer")
      .Help("Peers.")
      .Register(m.registry())
      .Add({{"version", "9"}, {"track", "x"}})
      .Set(1);
  const exposition s(m.render());
  const std::map<std::string, std::string> expected{
      {"exported_version", "9"}, {"exported_track", "x"}, {"version", "v2"}, {"track", "canary"}};
  BOOST_TEST((s.all("peer").at(0).labels == expected));
}

BOOST_AUTO_TEST_CASE(families_of_one_name_are_rendered_as_one) {
  metrics m(canary_test::sample_identity());
  auto& registry = m.registry();
  prometheus::BuildGauge().Name("process_threads").Help("x").Register(registry).Add({{"pool", "io"}}).Set(3);
  prometheus::BuildCounter().Name("process_open_fds").Help("x").Register(registry).Add({{"pool", "io"}}).Increment();
  const exposition s(m.render());  // throws where a TYPE line stands twice
  BOOST_TEST(s.value("process_threads", {{"pool", "io"}}).value() == 3);
  BOOST_TEST(s.all("process_threads").size() == 2u);
  BOOST_TEST(s.types().at("process_open_fds") == "gauge");
  BOOST_TEST(s.all("process_open_fds").size() == 1u);
}

BOOST_AUTO_TEST_CASE(special_characters_reach_the_scraper_as_they_were) {
  metrics m(canary_test::sample_identity());
  m.gauge("odd", "two\nlines and a \\", {{"what", "a \"quote\", a \\ and\na break"}})
      .Set(std::numeric_limits<double>::infinity());
  const auto text = m.render();
  BOOST_TEST(text.find("# HELP odd two\\nlines and a \\\\\n") != text.npos);
  const exposition s(text);
  BOOST_TEST(s.all("odd").at(0).labels.at("what") == "a \"quote\", a \\ and\na break");
  BOOST_TEST(s.value("odd").value() == std::numeric_limits<double>::infinity());
}

BOOST_AUTO_TEST_SUITE_END()
