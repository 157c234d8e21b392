// SPDX-License-Identifier: BSL-1.0
#include "sample_service.hpp"

#include "support/exposition.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ostream>
#include <set>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using canary::method;
using canary::metrics;
using canary_test::exposition;

exposition scrape(const metrics& m) { return exposition(m.render()); }

struct bound_case {
  std::chrono::nanoseconds duration;
  const char* first;  // the first bucket that counts it
};

std::ostream& operator<<(std::ostream& out, const bound_case& c) { return out << c.duration.count() << "ns"; }

const bound_case bounds[] = {
    {-1ns, "0.001"},         {0ns, "0.001"},        {1ms, "0.001"},       {1ms + 1ns, "0.0025"}, {2500us, "0.0025"},
    {2500us + 1ns, "0.005"}, {5ms, "0.005"},        {5ms + 1ns, "0.01"},  {10ms, "0.01"},        {10ms + 1ns, "0.025"},
    {25ms, "0.025"},         {25ms + 1ns, "0.05"},  {50ms, "0.05"},       {50ms + 1ns, "0.1"},   {100ms, "0.1"},
    {100ms + 1ns, "0.25"},   {250ms, "0.25"},       {250ms + 1ns, "0.5"}, {500ms, "0.5"},        {500ms + 1ns, "1.5"},
    {1500ms, "1.5"},         {1500ms + 1ns, "2.5"}, {2500ms, "2.5"},      {2500ms + 1ns, "7.5"}, {7500ms, "7.5"},
    {7500ms + 1ns, "+Inf"},  {24h, "+Inf"},
};

const std::vector<std::string> bucket_names{"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
                                            "0.25",  "0.5",    "1.5",   "2.5",  "7.5",   "+Inf"};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_metrics)

BOOST_AUTO_TEST_CASE(declared_routes_stand_at_zero_before_the_first_request) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"/", {method::get, method::post}}, {"/a/{id}", {method::get}}}, {418, 500});
  const auto s = scrape(m);
  for (const auto* code : {"200", "418", "500", "502", "503", "504"}) {
    BOOST_TEST(s.value("http_requests_total", {{"path", "/"}, {"method", "GET"}, {"code", code}}).value_or(-1) == 0);
    BOOST_TEST(s.value("http_requests_total", {{"path", "/"}, {"method", "POST"}, {"code", code}}).value_or(-1) == 0);
  }
  BOOST_TEST(s.all("http_requests_total").size() == 3u * 6u);
  BOOST_TEST(s.all("http_request_duration_seconds_count").size() == 3u * 2u);
  BOOST_TEST(s.value("http_request_duration_seconds_count", {{"path", "/a/{id}"}, {"status", "5xx"}}).value_or(-1) ==
             0);
  for (const auto* reason : {"limit", "error"})
    BOOST_TEST(s.value("http_connections_refused_total", {{"reason", reason}}).value_or(-1) == 0);
  BOOST_TEST(s.all("http_connections_refused_total").size() == 2u);
  BOOST_TEST(s.value("http_requests_in_flight").value_or(-1) == 0);
  BOOST_TEST(s.value("http_connections_open").value_or(-1) == 0);
  BOOST_TEST(s.value("canary_handlers_overdue").value_or(-1) == 0);
  BOOST_TEST(s.types().at("http_requests_total") == "counter");
  BOOST_TEST(s.types().at("http_request_duration_seconds") == "histogram");
  BOOST_TEST(s.types().at("http_requests_in_flight") == "gauge");
}

BOOST_AUTO_TEST_CASE(answer_is_counted_under_its_template_method_and_exact_status) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"/a/{id}", {method::get}}});
  auto& shard = m.add_shard();
  shard.observe(0, method::get, 200, 1ms);
  shard.observe(0, method::get, 200, 1ms);
  shard.observe(0, method::get, 299, 1ms);
  shard.observe(0, method::head, 200, 1ms);
  shard.observe(0, method::get, 599, 1ms);
  shard.observe(0, method::get, 100, 1ms);
  shard.observe(metrics::unmatched, method::other, 404, 1ms);
  shard.observe(1, method::trace, 404, 1ms);
  const auto s = scrape(m);
  BOOST_TEST(s.value("http_requests_total", {{"path", "/a/{id}"}, {"method", "GET"}, {"code", "200"}}).value() == 2);
  BOOST_TEST(s.value("http_requests_total", {{"path", "/a/{id}"}, {"method", "GET"}, {"code", "299"}}).value() == 1);
  BOOST_TEST(s.value("http_requests_total", {{"path", "/a/{id}"}, {"method", "HEAD"}, {"code", "200"}}).value() == 1);
  BOOST_TEST(s.value("http_requests_total", {{"method", "GET"}, {"code", "599"}}).value() == 1);
  BOOST_TEST(s.value("http_requests_total", {{"method", "GET"}, {"code", "100"}}).value() == 1);
  BOOST_TEST(s.value("http_requests_total", {{"path", "unmatched"}, {"method", "other"}, {"code", "404"}}).value() ==
             1);
  BOOST_TEST(s.value("http_requests_total", {{"path", "unmatched"}, {"method", "TRACE"}, {"code", "404"}}).value() ==
             1);
  BOOST_TEST(s.value("http_request_duration_seconds_count", {{"method", "GET"}, {"status", "2xx"}}).value() == 3);
  BOOST_TEST(s.value("http_request_duration_seconds_count", {{"method", "GET"}, {"status", "5xx"}}).value() == 1);
}

BOOST_AUTO_TEST_CASE(status_that_http_cannot_carry_counts_as_500) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"/", {method::get}}});
  auto& shard = m.add_shard();
  for (const unsigned status : {0u, 99u, 600u, 4000000000u}) shard.observe(0, method::get, status, 1ms);
  BOOST_TEST(scrape(m).value("http_requests_total", {{"path", "/"}, {"code", "500"}}).value() == 4);
}

BOOST_DATA_TEST_CASE(bound_belongs_to_its_bucket, boost::unit_test::data::make(bounds)) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"/", {method::get}}});
  m.add_shard().observe(0, method::get, 200, sample.duration);
  const auto s = scrape(m);
  bool reached = false;
  for (const auto& le : bucket_names) {
    reached = reached || le == sample.first;
    BOOST_TEST(s.value("http_request_duration_seconds_bucket", {{"status", "2xx"}, {"le", le}}).value() ==
               (reached ? 1 : 0));
  }
  BOOST_TEST(s.value("http_request_duration_seconds_count", {{"status", "2xx"}}).value() == 1);
  const double seconds = std::max(0.0, static_cast<double>(sample.duration.count()) / 1e9);
  BOOST_TEST(s.value("http_request_duration_seconds_sum", {{"status", "2xx"}}).value() == seconds);
}

BOOST_AUTO_TEST_CASE(buckets_are_the_documented_ones_and_none_is_an_integer) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"/", {method::get}}});
  std::vector<std::string> found;
  for (const auto& b : scrape(m).all("http_request_duration_seconds_bucket", {{"status", "5xx"}}))
    found.push_back(b.labels.at("le"));
  BOOST_TEST(found == bucket_names, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(shards_are_summed) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"/", {method::get}}});
  auto& a = m.add_shard();
  auto& b = m.add_shard();
  a.observe(0, method::get, 200, 1ms);
  b.observe(0, method::get, 200, 100ms);
  b.observe(0, method::get, 404, 1ms);
  a.connection_opened();
  a.connection_opened();
  b.connection_opened();
  a.connection_closed();
  b.handler_overdue(1);
  const auto s = scrape(m);
  BOOST_TEST(s.value("http_requests_total", {{"path", "/"}, {"code", "200"}}).value() == 2);
  BOOST_TEST(s.value("http_requests_total", {{"path", "/"}, {"code", "404"}}).value() == 1);
  BOOST_TEST(s.value("http_request_duration_seconds_sum", {{"status", "2xx"}}).value() == 0.101);
  BOOST_TEST(s.value("http_connections_open").value() == 2);
  BOOST_TEST(s.value("canary_handlers_overdue").value() == 1);
  b.handler_overdue(-1);
  BOOST_TEST(scrape(m).value("canary_handlers_overdue").value() == 0);
}

BOOST_AUTO_TEST_CASE(refused_connections_are_counted_by_reason) {
  metrics m(canary_test::sample_identity());
  m.declare_http({});
  m.connection_refused(metrics::refusal::limit);
  m.connection_refused(metrics::refusal::limit);
  m.connection_refused(metrics::refusal::error);
  const auto s = scrape(m);
  BOOST_TEST(s.value("http_connections_refused_total", {{"reason", "limit"}}).value() == 2);
  BOOST_TEST(s.value("http_connections_refused_total", {{"reason", "error"}}).value() == 1);
}

BOOST_AUTO_TEST_CASE(process_without_http_shows_no_http_family) {
  const auto s = scrape(metrics(canary_test::sample_identity()));
  for (const auto& [name, type] : s.types()) BOOST_TEST(!name.starts_with("http_"), name);
  BOOST_TEST(s.value("canary_build_info").value() == 1);
}

BOOST_AUTO_TEST_CASE(routes_with_one_label_share_their_series) {
  metrics m(canary_test::sample_identity());
  m.declare_http({{"item", {method::get}}, {"/", {method::get}}, {"item", {method::put}}});
  auto& shard = m.add_shard();
  shard.observe(0, method::get, 200, 1ms);
  shard.observe(2, method::get, 200, 1ms);
  const auto s = scrape(m);
  BOOST_TEST(s.value("http_requests_total", {{"path", "item"}, {"method", "GET"}, {"code", "200"}}).value() == 2);
  BOOST_TEST(s.value("http_requests_total", {{"path", "item"}, {"method", "PUT"}, {"code", "200"}}).value() == 0);
}

BOOST_AUTO_TEST_CASE(declaring_late_twice_or_wrongly_is_refused) {
  metrics m(canary_test::sample_identity());
  BOOST_CHECK_THROW(m.declare_http({{"unmatched", {method::get}}}), std::invalid_argument);
  BOOST_CHECK_THROW(m.declare_http({{"/", {method::get}}}, {99}), std::invalid_argument);
  BOOST_CHECK_THROW(m.declare_http({{"/", {method::get}}}, {600}), std::invalid_argument);
  BOOST_CHECK_NO_THROW(m.declare_http({{"/", {method::get}}}, {100, 599}));
  BOOST_CHECK_THROW(m.declare_http({{"/", {method::get}}}), std::logic_error);
  metrics late(canary_test::sample_identity());
  late.add_shard();
  BOOST_CHECK_THROW(late.declare_http({{"/", {method::get}}}), std::logic_error);
}

// What a client can bring about: each path with each method, and unknown paths, where the router gives a method that
// a path has no handler for to `unmatched`.
BOOST_AUTO_TEST_CASE(six_routes_stay_below_a_thousand_samples_whatever_clients_send) {
  metrics m(canary_test::sample_identity());
  const auto routes = canary_test::sample_routes();
  m.declare_http(routes);
  BOOST_TEST(scrape(m).samples().size() < 600u);

  auto& shard = m.add_shard();
  for (std::size_t r = 0; r < routes.size(); ++r) {
    for (const method declared : routes[r].methods) shard.observe(r, declared, 200, 1ms);
    shard.observe(r, method::head, 200, 1ms);
    shard.observe(r, method::options, 204, 1ms);
  }
  for (std::size_t i = 0; i < canary::method_names.size(); ++i)
    for (const unsigned status : {400u, 404u, 405u, 413u, 431u})
      shard.observe(metrics::unmatched, static_cast<method>(i), status, 1ms);
  const auto samples = scrape(m).samples();
  BOOST_TEST_MESSAGE(samples.size() << " samples");
  BOOST_TEST(samples.size() < 1000u);

  std::set<std::pair<std::string, std::map<std::string, std::string>>> distinct;
  for (const auto& s : samples) distinct.emplace(s.name, s.labels);
  BOOST_TEST(distinct.size() == samples.size());
}

BOOST_AUTO_TEST_SUITE_END()
