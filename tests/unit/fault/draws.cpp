// SPDX-License-Identifier: BSL-1.0
#include <canary/fault.hpp>

#include <boost/math/distributions/binomial.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using canary::fault_injector;
using canary::fault_settings;

namespace {

fault_settings errors(double rate, std::uint64_t seed = 1) {
  fault_settings s;
  s.error_rate = rate;
  s.error_status = 503;
  s.seed = seed;
  return s;
}

/// A clock that a test turns.
struct turned_clock {
  std::chrono::steady_clock::time_point at{1h};
  fault_injector::clock read() {
    return [this] { return at; };
  }
};

int count(fault_injector& f, int n, std::string_view route = "/") {
  int hit = 0;
  for (int i = 0; i < n; ++i) hit += f.draw(route).status == 503 ? 1 : 0;
  return hit;
}

std::vector<unsigned> sequence(fault_injector& f, int n) {
  std::vector<unsigned> out;
  for (int i = 0; i < n; ++i) out.push_back(f.draw("/").status);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(draws)

BOOST_AUTO_TEST_CASE(nothing_is_injected_by_default) {
  fault_injector f;
  for (int i = 0; i < 1000; ++i) {
    const auto d = f.draw("/");
    BOOST_REQUIRE(d.status == 0U);
    BOOST_REQUIRE(d.latency.count() == 0);
  }
  BOOST_TEST(f.error_ratio() == 0.0);
}

BOOST_AUTO_TEST_CASE(the_share_of_errors_is_the_rate) {
  constexpr int n = 200'000;
  for (const double rate : {0.001, 0.01, 0.05, 0.5, 0.999}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      fault_injector f(errors(rate, seed));
      const int hit = count(f, n);
      // Inside the central 1 - 1e-6 of the binomial distribution.
      const boost::math::binomial_distribution<> b(n, rate);
      BOOST_TEST(boost::math::cdf(b, hit) > 5e-7, "rate " << rate << ": " << hit << " of " << n);
      BOOST_TEST(boost::math::cdf(boost::math::complement(b, hit - 1)) > 5e-7, "rate " << rate << ": " << hit);
    }
  }
}

BOOST_AUTO_TEST_CASE(never_and_always_are_exact) {
  fault_injector f(errors(1));
  BOOST_TEST(count(f, 10'000) == 10'000);
  f.set(errors(0));
  BOOST_TEST(count(f, 10'000) == 0);
}

BOOST_AUTO_TEST_CASE(a_seed_repeats_its_draws) {
  fault_injector a(errors(0.3, 7));
  fault_injector b(errors(0.3, 7));
  fault_injector c(errors(0.3, 8));
  const auto first = sequence(a, 200);
  BOOST_TEST((first == sequence(b, 200)));
  BOOST_TEST((first != sequence(c, 200)));
  BOOST_TEST((first != sequence(a, 200)));  // it goes on
  a.set(errors(0.3, 7));
  BOOST_TEST((first == sequence(a, 200)));
  auto slow = errors(0.3, 7);
  slow.latency_max = 5ms;
  a.set(slow);
  BOOST_TEST((first == sequence(a, 200)));
}

BOOST_AUTO_TEST_CASE(without_a_seed_no_two_injectors_agree) {
  auto s = errors(0.5);
  s.seed.reset();
  fault_injector a(s);
  fault_injector b(s);
  BOOST_TEST((sequence(a, 200) != sequence(b, 200)));
}

BOOST_AUTO_TEST_CASE(latency_is_drawn_evenly_from_its_range) {
  auto s = errors(0);
  s.latency_min = 10us;
  s.latency_max = 13us;
  fault_injector f(s);
  std::array<int, 4> seen{};
  for (int i = 0; i < 40'000; ++i) {
    const auto d = f.draw("/");
    BOOST_REQUIRE(d.latency >= 10us);
    BOOST_REQUIRE(d.latency <= 13us);
    BOOST_REQUIRE(d.status == 0U);
    ++seen[static_cast<std::size_t>((d.latency - 10us).count())];
  }
  // Each is Binomial(40000, 1/4): five standard deviations are 433.
  for (const int n : seen) BOOST_TEST((n > 9'567 && n < 10'433), n);
  s.latency_min = s.latency_max = 50ms;
  f.set(s);
  BOOST_TEST((f.draw("/").latency == 50ms));
}

BOOST_AUTO_TEST_CASE(only_the_named_routes_meet_faults) {
  auto s = errors(1);
  s.routes = {"/api/items/{id}", "/slow"};
  fault_injector f(s);
  BOOST_TEST(count(f, 10, "/api/items/{id}") == 10);
  BOOST_TEST(count(f, 10, "/slow") == 10);
  BOOST_TEST(count(f, 10, "/") == 0);
  BOOST_TEST(count(f, 10, "/slow/er") == 0);
  BOOST_TEST(count(f, 10, "unmatched") == 0);
}

BOOST_AUTO_TEST_CASE(faults_end_by_themselves) {
  turned_clock clock;
  auto s = errors(1);
  s.ttl = 10s;
  fault_injector f(s, clock.read());
  clock.at += 10s - 1ns;
  BOOST_TEST(count(f, 10) == 10);
  BOOST_TEST(f.error_ratio() == 1.0);
  BOOST_TEST((f.get().ttl == 10s));
  clock.at += 1ns;
  BOOST_TEST(count(f, 10) == 0);
  BOOST_TEST(f.error_ratio() == 0.0);
  BOOST_TEST(!f.get().ttl.has_value());
  clock.at += 1h;
  f.set(s);  // the time to live starts anew
  BOOST_TEST(count(f, 10) == 10);
}

BOOST_AUTO_TEST_CASE(the_ratio_ends_with_the_faults_even_if_nobody_draws) {
  turned_clock clock;
  auto s = errors(0.5);
  s.ttl = 1s;
  fault_injector f(s, clock.read());
  clock.at += 1s;
  BOOST_TEST(f.error_ratio() == 0.0);
}

BOOST_AUTO_TEST_CASE(clear_ends_all_faults) {
  auto s = errors(1);
  s.latency_max = 1ms;
  fault_injector f(s);
  f.clear();
  BOOST_TEST(f.draw("/").status == 0U);
  BOOST_TEST(f.draw("/").latency.count() == 0);
}

BOOST_AUTO_TEST_CASE(settings_change_while_threads_draw) {
  fault_injector f;
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto status = f.draw("/").status;
        if (status != 0 && status != 503) ++wrong;
      }
    });
  }
  for (int i = 0; i < 2'000; ++i) f.set(errors(i % 2 == 0 ? 0.5 : 0));
  stop = true;
  for (auto& t : threads) t.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
