// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace bench {

/// Where the report goes, and how much work it is worth: `effort` 1 is the published report, less is a rehearsal.
struct report {
  std::string folder;
  double effort = 1;
  std::string text;

  [[nodiscard]] int runs(int published) const { return std::max(int(published * effort), 20); }
  void add(const std::string& paragraph) { text += paragraph + "\n\n"; }
  void table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);
  /// Writes folder/judge/name.svg and a link to it.
  void picture(const std::string& name, const std::string& alt, const std::string& svg);
};

/// "1,234", "0.052", "4.1 %"
[[nodiscard]] std::string number(double x, int digits = 3);
[[nodiscard]] std::string percent(double share, int decimals = 1);
[[nodiscard]] double mean(const std::vector<double>& v);
/// Of a copy; q in [0, 1].
[[nodiscard]] double quantile(std::vector<double> v, double q);

/// f(seed) for `runs` seeds on all processors; the same results in the same order on any number of them.
template <typename F>
auto repeat(int runs, std::uint64_t seed, F f) {
  std::vector<decltype(f(seed))> results;
  results.resize(std::size_t(runs));
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int i = next++; i < runs; i = next++) results[std::size_t(i)] = f(seed * 1'000'003 + std::uint64_t(i));
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::max(std::thread::hardware_concurrency(), 1u); ++i) threads.emplace_back(work);
  work();
  for (auto& t : threads) t.join();
  return results;
}

/// Share of the runs for which `wanted` holds.
template <typename T, typename F>
double share_of(const std::vector<T>& runs, F wanted) {
  return double(std::count_if(runs.begin(), runs.end(), wanted)) / double(runs.size());
}

void method(report& r);
void false_rollback(report& r);
void false_promotion(report& r);
void promotion_time(report& r);
void exposure(report& r);
void scrapes(report& r);
void turning_bad(report& r);
void opponents(report& r);

}  // namespace bench
