// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/prometheus_range.hpp"

#include <cmath>

namespace canaryctl {

void prometheus_range::window(double from, double to, double step) {
  from_ = from;
  to_ = to;
  step_ = step;
  known_.clear();
  trouble_.clear();
}

boost::system::result<std::vector<vector_sample>, prometheus_error> prometheus_range::query(const std::string& promql,
                                                                                            double at) {
  auto found = known_.find(promql);
  if (found == known_.end()) {
    const auto all = client_.query_range(promql, from_, to_, step_);
    if (!all) {
      trouble_ = all.error().what;
      return all.error();
    }
    points by_time;
    for (const auto& one : *all) {
      for (const auto& [time, value] : one.values) {
        by_time[std::llround(time * 1000)].push_back({one.labels, value});
      }
    }
    found = known_.emplace(promql, std::move(by_time)).first;
  }
  const auto samples = found->second.find(std::llround(at * 1000));
  if (samples == found->second.end()) return std::vector<vector_sample>();
  return samples->second;
}

}  // namespace canaryctl
