// SPDX-License-Identifier: BSL-1.0
#include "sample_service.hpp"

#include "support/allocations.hpp"
#include "support/exposition.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace {

using namespace std::chrono_literals;
using canary::method;
using canary::metrics;
using canary_test::exposition;
using scope = canary::metrics::shard::scope;

struct one_route {
  one_route() { all.declare_http({{"/", {method::get}}}); }
  [[nodiscard]] exposition scrape() const { return exposition(all.render()); }

  metrics all{canary_test::sample_identity()};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shard, one_route)

BOOST_AUTO_TEST_CASE(scope_counts_the_last_status_told) {
  auto& s = all.add_shard();
  {
    scope request(s, 0, method::get);
    request.status(200);
    request.status(503);
    BOOST_TEST(scrape().value("http_requests_in_flight").value() == 1);
    BOOST_TEST(scrape().value("http_requests_total", {{"path", "/"}, {"code", "503"}}).value() == 0);
  }
  const auto after = scrape();
  BOOST_TEST(after.value("http_requests_in_flight").value() == 0);
  BOOST_TEST(after.value("http_requests_total", {{"path", "/"}, {"code", "503"}}).value() == 1);
  BOOST_TEST(after.value("http_requests_total", {{"path", "/"}, {"code", "200"}}).value() == 0);
}

BOOST_AUTO_TEST_CASE(scope_without_a_status_counts_nothing) {
  auto& s = all.add_shard();
  { scope request(s, 0, method::get); }
  const auto after = scrape();
  BOOST_TEST(after.value("http_requests_in_flight").value() == 0);
  for (const auto& total : after.all("http_requests_total")) BOOST_TEST(total.value == 0);
}

BOOST_AUTO_TEST_CASE(scope_takes_the_times_its_caller_has_read) {
  auto& s = all.add_shard();
  const auto begin = std::chrono::steady_clock::now();
  {
    scope request(s, 0, method::get, begin);
    request.status(200);
    request.end(begin + 40ms);
  }
  BOOST_TEST(scrape().value("http_request_duration_seconds_sum", {{"status", "2xx"}}).value() == 0.04);
}

BOOST_AUTO_TEST_CASE(scope_reads_the_clock_itself_otherwise) {
  auto& s = all.add_shard();
  {
    scope request(s, 0, method::get, std::chrono::steady_clock::now() - 10s);
    request.status(200);
  }
  BOOST_TEST(scrape().value("http_request_duration_seconds_sum", {{"status", "2xx"}}).value() >= 10.0);
  {
    scope request(s, 0, method::get);
    request.status(404);
  }
  BOOST_TEST(scrape().value("http_request_duration_seconds_sum", {{"status", "4xx"}}).value() > 0.0);
}

BOOST_AUTO_TEST_CASE(counting_allocates_only_at_the_first_use_of_a_series) {
  auto& s = all.add_shard();
  const auto ask = [&s] {
    scope request(s, 0, method::get);
    request.status(404);
  };
  const canary_test::allocations before;
  ask();
  BOOST_TEST(before.count() == 1u);
  const canary_test::allocations then;
  for (int i = 0; i < 1000; ++i) ask();
  BOOST_TEST(then.count() == 0u);
}

// Sums that lose an event, or a scrape that counts one twice, show here; and data races under ThreadSanitizer.
BOOST_AUTO_TEST_CASE(two_writers_and_a_concurrent_scrape_give_exact_sums) {
  constexpr std::uint64_t each = 200'000;
  std::array<metrics::shard*, 2> shards{&all.add_shard(), &all.add_shard()};
  std::atomic<int> running{2};
  std::vector<std::thread> writers;
  for (auto* s : shards)
    writers.emplace_back([s, &running] {
      for (std::uint64_t i = 0; i < each; ++i) {
        s->connection_opened();
        s->observe(0, method::get, i % 10 == 0 ? 500 : 200, i % 2 == 0 ? 1ms : 2ms);
        s->observe(metrics::unmatched, static_cast<method>(i % 10), 400 + static_cast<unsigned>(i % 100), 1us);
        s->connection_closed();
      }
      --running;
    });

  double before = 0;
  std::size_t scrapes = 0;
  do {
    const auto now = scrape();
    const double total = now.value("http_requests_total", {{"path", "/"}, {"code", "200"}}).value();
    BOOST_TEST(total >= before);
    before = total;
    for (const auto& count : now.all("http_request_duration_seconds_count")) {
      auto labels = count.labels;
      labels["le"] = "+Inf";
      BOOST_TEST(now.value("http_request_duration_seconds_bucket", labels).value() == count.value);
    }
    const double open = now.value("http_connections_open").value();
    BOOST_TEST((open >= 0 && open <= 2));
    ++scrapes;
  } while (running.load() > 0);
  for (auto& w : writers) w.join();
  BOOST_TEST_MESSAGE(scrapes << " scrapes");

  const auto after = scrape();
  BOOST_TEST(after.value("http_requests_total", {{"path", "/"}, {"code", "200"}}).value() == 2 * each * 9 / 10);
  BOOST_TEST(after.value("http_requests_total", {{"path", "/"}, {"code", "500"}}).value() == 2 * each / 10);
  double unmatched = 0;
  for (const auto& s : after.all("http_requests_total", {{"path", "unmatched"}})) unmatched += s.value;
  BOOST_TEST(unmatched == 2 * each);
  const auto sum = [&](const char* status) {
    return after.value("http_request_duration_seconds_sum", {{"path", "/"}, {"status", status}}).value();
  };
  BOOST_TEST(sum("2xx") == 2 * (each * 4 / 10 * 0.001 + each / 2 * 0.002), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(sum("5xx") == 2 * (each / 10 * 0.001), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(after.value("http_connections_open").value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
