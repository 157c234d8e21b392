// SPDX-License-Identifier: BSL-1.0
#include "growth.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace canary::judge {

std::vector<std::pair<double, double>> poisson_points(double mean) {
  std::vector<std::pair<double, double>> points;
  if (mean <= 16) {
    double p = std::exp(-mean);
    for (double k = 0; k <= mean + 8 * std::sqrt(mean) + 4; ++k) {
      if (p > 1e-12) points.emplace_back(k, p);
      p *= mean / (k + 1);
    }
    return points;
  }
  double sum = 0;
  for (int i = -8; i <= 8; ++i) {
    const double z = i / 2.0;
    points.emplace_back(std::round(mean + z * std::sqrt(mean)), std::exp(-z * z / 2));
    sum += points.back().second;
  }
  for (auto& p : points) p.second /= sum;
  return points;
}

double expected_log(double stable_total, double stable_rate, double canary_total, double canary_rate,
                    const std::function<double(const pair&)>& factor) {
  const auto whole = [](double x) { return std::uint64_t(std::clamp(std::round(x), 0.0, 1e18)); };
  const auto stable_points = poisson_points(stable_total * stable_rate);
  const auto canary_points = poisson_points(canary_total * canary_rate);
  double sum = 0;
  for (const auto& [x, px] : canary_points)
    for (const auto& [z, pz] : stable_points) {
      pair p{{whole(stable_total), whole(z)}, {whole(canary_total), whole(x)}};
      p.stable.events = std::min(p.stable.events, p.stable.total);
      p.canary.events = std::min(p.canary.events, p.canary.total);
      sum += px * pz * std::log(std::max(factor(p), 1e-250));
    }
  return sum;
}

}  // namespace canary::judge
