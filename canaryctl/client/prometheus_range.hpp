// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/prometheus.hpp"

#include <map>
#include <string>
#include <vector>

namespace canaryctl {

/// Answers instant queries at the points of a window from range queries, one for each query's text, made when it is
/// first asked. A program that looks at one point after the other can so go through history quickly, and unchanged.
class prometheus_range {
 public:
  explicit prometheus_range(prometheus_client client) : client_(std::move(client)) {}

  /// Forgets the last window. The points are `from + k * step`, the last one not after `to`.
  void window(double from, double to, double step);

  /// Precondition: `at` is a point of the window.
  boost::system::result<std::vector<vector_sample>, prometheus_error> query(const std::string& promql, double at);

  /// What the last range query of this window that failed was told; "" if all went well.
  const std::string& trouble() const { return trouble_; }

 private:
  using points = std::map<long long, std::vector<vector_sample>>;  ///< by milliseconds

  prometheus_client client_;
  double from_ = 0;
  double to_ = 0;
  double step_ = 1;
  std::map<std::string, points> known_;
  std::string trouble_;
};

}  // namespace canaryctl
