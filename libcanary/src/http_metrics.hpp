// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/metrics.hpp>

#include <prometheus/collectable.h>

#include <array>
#include <atomic>
#include <mutex>

namespace canary {

// Only the owning thread writes a shard, so a load and a store do what a locked read-modify-write would.
template <typename Integer>
void add_by_owner(std::atomic<Integer>& cell, Integer n) noexcept {
  cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

/// The answers of one path, method and status class on one thread. What a usual answer touches (the sum, the first
/// buckets, the class's first code) stands in two cache lines.
struct alignas(64) http_series {
  static constexpr std::array<std::int64_t, 12> bounds_ns{1'000'000,   2'500'000,     5'000'000,     10'000'000,
                                                          25'000'000,  50'000'000,    100'000'000,   250'000'000,
                                                          500'000'000, 1'500'000'000, 2'500'000'000, 7'500'000'000};

  std::atomic<std::uint64_t> sum_ns{0};  // an integer, so that the sum over the threads is exact
  std::array<std::atomic<std::uint64_t>, bounds_ns.size() + 1> buckets{};
  std::array<std::atomic<std::uint64_t>, 100> codes{};
};

struct alignas(64) metrics::shard::impl {
  static constexpr std::size_t classes = 5;

  /// \param slots how many path labels there are; \param slot_of the label's slot of each route. The last slot is
  /// `unmatched`.
  impl(std::size_t slots, std::vector<std::uint32_t> slot_of);
  ~impl();

  [[nodiscard]] std::atomic<http_series*>& cell(std::size_t slot, std::size_t m, std::size_t status_class) noexcept {
    return series[(slot * method_names.size() + m) * classes + status_class];
  }

  std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::int64_t> overdue{0};
  const std::vector<std::uint32_t> slot_of;
  const std::uint32_t unmatched_slot;
  // Made by the owner at the first use and published by one store; a reader sees null or the whole.
  std::vector<std::atomic<http_series*>> series;
};

/// The HTTP families: the sums of all shards.
class http_metrics : public prometheus::Collectable {
 public:
  void declare(std::vector<metrics::http_route> routes, std::vector<unsigned> extra_statuses);
  metrics::shard& add_shard();
  void refused(metrics::refusal reason) noexcept;

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  static constexpr const char* unmatched_path = "unmatched";
  struct totals;
  struct declared {
    std::string path;
    std::array<bool, method_names.size()> methods{};
  };
  [[nodiscard]] totals sum() const;

  mutable std::mutex mutex_;  // of what follows; never taken on the way of a request
  bool used_ = false;         // a process without HTTP shows no HTTP family
  std::vector<declared> paths_{{unmatched_path, {}}};
  std::vector<std::uint32_t> slot_of_;
  std::vector<unsigned> initial_codes_{200, 500, 502, 503, 504};
  std::vector<std::unique_ptr<metrics::shard>> shards_;
  std::array<std::atomic<std::uint64_t>, 2> refused_{};
};

}  // namespace canary
