// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/stats/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace canaryctl {

namespace {

constexpr unsigned part_bits = 7;  // 128 parts a power of two
constexpr std::uint64_t parts = 1u << part_bits;

/// Below 2 * parts microseconds the index is the value; above, the leading 8 bits and their place.
std::size_t index_of(std::uint64_t us) {
  if (us < 2 * parts) return us;
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - part_bits - 1;
  return shift * parts + (us >> shift);
}

std::uint64_t upper_end(std::size_t index) {
  if (index < 2 * parts) return index;
  const auto shift = index / parts - 1;
  return ((index - shift * parts + 1) << shift) - 1;
}

}  // namespace

void latency_histogram::add(std::chrono::nanoseconds duration) {
  duration = std::max(duration, std::chrono::nanoseconds(0));
  // Rounded up to the microsecond, so that a quantile is never below the truth.
  const auto index = index_of((static_cast<std::uint64_t>(duration.count()) + 999) / 1000);
  if (index >= buckets_.size()) buckets_.resize(index + 1);
  ++buckets_[index];
  ++count_;
  sum_ns_ += static_cast<double>(duration.count());
  max_ = std::max(max_, duration);
}

std::chrono::nanoseconds latency_histogram::mean() const {
  return std::chrono::nanoseconds(count_ == 0 ? 0 : std::llround(sum_ns_ / static_cast<double>(count_)));
}

std::chrono::nanoseconds latency_histogram::quantile(double q) const {
  if (count_ == 0) return {};
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < buckets_.size(); ++index) {
    seen += buckets_[index];
    if (seen >= rank) return std::min<std::chrono::nanoseconds>(max_, std::chrono::microseconds(upper_end(index)));
  }
  return max_;
}

}  // namespace canaryctl
