// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace canaryctl {

/// A histogram of durations in constant memory, log-linear: exact to the microsecond below 256 us, above that each
/// power of two is parted in 128. quantile() gives its bucket's upper end, so it is never too low, and too high by
/// at most 1/128 (0.8 %) or 1 us, whichever is more. Negative durations count as 0.
class latency_histogram {
 public:
  static constexpr double relative_error = 1.0 / 128;

  void add(std::chrono::nanoseconds duration);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return max_; }  ///< exact
  std::chrono::nanoseconds mean() const;                 ///< exact; 0 if empty
  /// The smallest bound that at least the share `q` (0..1) of the durations does not exceed (nearest rank); 0 if empty.
  std::chrono::nanoseconds quantile(double q) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ns_ = 0;
  std::chrono::nanoseconds max_{0};
};

}  // namespace canaryctl
