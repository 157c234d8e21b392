// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bench {

/// xoshiro256++ seeded by splitmix64: the same numbers on every machine, which std's distributions do not promise.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) {
    for (auto& s : state_) {
      seed += 0x9e3779b97f4a7c15u;
      std::uint64_t z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      s = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const auto rotate = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const auto result = rotate(state_[0] + state_[3], 23) + state_[0];
    const auto t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// In (0, 1).
  double uniform() { return (double(next() >> 11) + .5) * 0x1p-53; }
  bool happens(double probability) { return uniform() < probability; }
  std::uint64_t below(std::uint64_t n) { return std::uint64_t(uniform() * double(n)); }

  /// Arrivals: Poisson by inversion where few are expected, else the rounded normal.
  std::uint64_t arrivals(double mean) {
    if (mean <= 0) return 0;
    if (mean > 30) {
      const double z = std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform());
      return std::uint64_t(std::max(std::round(mean + std::sqrt(mean) * z), 0.0));
    }
    if (mean != mean_) {
      mean_ = mean;
      exp_ = std::exp(-mean);
    }
    std::uint64_t k = 0;
    double p = exp_;
    for (double u = uniform() - p; u > 0 && k < 1000; u -= p) p *= mean / double(++k);
    return k;
  }

  /// Exactly binomial: jumps from one event to the next.
  std::uint64_t binomial(std::uint64_t n, double p) {
    if (n == 0 || p <= 0) return 0;
    if (p >= 1) return n;
    const double step = 1 / std::log1p(-p);
    std::uint64_t k = 0;
    for (double at = std::floor(std::log(uniform()) * step); at < double(n);
         at += 1 + std::floor(std::log(uniform()) * step))
      ++k;
    return k;
  }

 private:
  std::uint64_t state_[4];
  double mean_ = -1;
  double exp_ = 0;
};

}  // namespace bench
