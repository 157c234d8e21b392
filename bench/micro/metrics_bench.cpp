// SPDX-License-Identifier: BSL-1.0
// What one request's metrics cost: this library's shards beside prometheus-cpp's own counter and histogram, both with
// references kept, on one and on two threads. Prints the median of several rounds, in nanoseconds a request: of the
// thread's CPU time, and by the clock on the wall, where waiting for a lock shows too (and everything else that runs on
// the machine: two threads need two idle cores). Then what a scrape takes.
#include <canary/metrics.hpp>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <time.h>

namespace {

using canary::method;
using canary::metrics;
using steady = std::chrono::steady_clock;

constexpr int rounds = 7;
constexpr int requests = 2'000'000;

double cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

struct cost {
  double cpu = 0;
  double wall = 0;
};

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// \param work does that many requests as the thread of that number. \returns the cost to one thread.
cost measure(int threads, const std::function<void(int thread, int n)>& work) {
  const auto size = static_cast<std::size_t>(threads * rounds);
  std::vector<double> cpu(size), wall(size);
  std::barrier start(threads);
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      work(t, requests / 10);
      for (int r = 0; r < rounds; ++r) {
        start.arrive_and_wait();
        const double cpu_before = cpu_ns();
        const auto begin = steady::now();
        work(t, requests);
        const auto i = static_cast<std::size_t>(t * rounds + r);
        cpu[i] = (cpu_ns() - cpu_before) / requests;
        wall[i] = std::chrono::duration<double, std::nano>(steady::now() - begin).count() / requests;
      }
    });
  for (auto& t : all) t.join();
  return {median(cpu), median(wall)};
}

void row(const char* name, const std::function<void(int, int)>& work) {
  const cost one = measure(1, work);
  const cost two = measure(2, work);
  std::printf("%-50s %8.1f %8.1f %8.1f %8.1f\n", name, one.cpu, one.wall, two.cpu, two.wall);
}

metrics::http_route route(const char* path) { return {path, {method::get, method::post}}; }

}  // namespace

int main() {
  metrics all({"v1", "white", "stable", "", ""});
  all.declare_http({route("/"), route("/a"), route("/b"), route("/c"), route("/d"), route("/e")});
  metrics::shard* shards[] = {&all.add_shard(), &all.add_shard()};

  prometheus::Registry registry;
  auto& counter = prometheus::BuildCounter().Name("c").Register(registry).Add({{"code", "200"}});
  const std::vector<double> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5, 2.5, 7.5};
  auto& histogram = prometheus::BuildHistogram().Name("h").Register(registry).Add({}, bounds);

  std::printf("%-50s %17s %17s\n", "", "1 thread", "2 threads");
  std::printf("%-50s %8s %8s %8s %8s\n", "ns a request", "CPU", "wall", "CPU", "wall");
  row("two reads of the clock", [](int, int n) {
    for (int i = 0; i < n; ++i) {
      const auto begin = steady::now();
      asm volatile("" : : "g"((steady::now() - begin).count()) : "memory");
    }
  });
  row("libcanary scope, reading the clock twice", [&](int t, int n) {
    for (int i = 0; i < n; ++i) {
      metrics::shard::scope s(*shards[t], 2, method::get);
      s.status(200);
    }
  });
  row("prometheus-cpp counter + histogram + clock twice", [&](int, int n) {
    for (int i = 0; i < n; ++i) {
      const auto begin = steady::now();
      counter.Increment();
      histogram.Observe(std::chrono::duration<double>(steady::now() - begin).count());
    }
  });
  row("libcanary scope, times given", [&](int t, int n) {
    const auto begin = steady::now();
    for (int i = 0; i < n; ++i) {
      metrics::shard::scope s(*shards[t], 2, method::get, begin);
      s.status(200);
      s.end(begin + std::chrono::microseconds(300));
    }
  });
  row("libcanary observe, 300 us", [&](int t, int n) {
    for (int i = 0; i < n; ++i) shards[t]->observe(2, method::get, 200, std::chrono::microseconds(300));
  });
  row("prometheus-cpp counter + histogram, 300 us", [&](int, int n) {
    for (int i = 0; i < n; ++i) {
      counter.Increment();
      histogram.Observe(0.0003);
    }
  });

  for (std::size_t r = 0; r < 6; ++r)
    for (const unsigned status : {200u, 304u, 404u, 500u})
      for (const method m : {method::get, method::post}) shards[0]->observe(r, m, status, std::chrono::milliseconds(3));
  double fastest = 1e18;
  std::string text;
  for (int i = 0; i < 50; ++i) {
    const double begin = cpu_ns();
    text = all.render();
    fastest = std::min(fastest, cpu_ns() - begin);
  }
  const auto samples = std::count(text.begin(), text.end(), '\n');
  std::printf("render(): %.2f ms of CPU for %td lines, %zu bytes\n", fastest / 1e6, samples, text.size());
}
