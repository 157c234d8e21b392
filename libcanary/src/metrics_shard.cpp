// SPDX-License-Identifier: BSL-1.0
#include "http_metrics.hpp"

#include <algorithm>
#include <new>

namespace canary {

metrics::shard::impl::impl(std::size_t slots, std::vector<std::uint32_t> slots_of_routes)
    : slot_of(std::move(slots_of_routes)),
      unmatched_slot(static_cast<std::uint32_t>(slots - 1)),
      series(slots * method_names.size() * classes) {}

metrics::shard::impl::~impl() {
  for (auto& s : series) delete s.load(std::memory_order_relaxed);
}

metrics::shard::shard(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
metrics::shard::~shard() = default;

void metrics::shard::connection_opened() noexcept { add_by_owner<std::int64_t>(impl_->connections, 1); }
void metrics::shard::connection_closed() noexcept { add_by_owner<std::int64_t>(impl_->connections, -1); }
void metrics::shard::handler_overdue(int delta) noexcept { add_by_owner<std::int64_t>(impl_->overdue, delta); }

void metrics::shard::observe(std::size_t route, method m, unsigned status, std::chrono::nanoseconds duration) noexcept {
  // No status that HTTP can carry: a fault of this server's, so it counts as one.
  if (status < 100 || status > 599) status = 500;
  const std::uint32_t slot = route < impl_->slot_of.size() ? impl_->slot_of[route] : impl_->unmatched_slot;
  const unsigned status_class = status / 100 - 1;

  auto& cell = impl_->cell(slot, static_cast<std::size_t>(m), status_class);
  http_series* to = cell.load(std::memory_order_relaxed);
  if (!to) [[unlikely]] {
    to = new (std::nothrow) http_series;
    if (!to) return;  // out of memory: a lost count is the least of it
    cell.store(to, std::memory_order_release);
  }

  const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
  std::size_t bucket = 0;
  while (bucket < http_series::bounds_ns.size() && ns > http_series::bounds_ns[bucket]) ++bucket;
  add_by_owner<std::uint64_t>(to->buckets[bucket], 1);
  add_by_owner<std::uint64_t>(to->sum_ns, static_cast<std::uint64_t>(ns));
  add_by_owner<std::uint64_t>(to->codes[status % 100], 1);
}

metrics::shard::scope::scope(shard& owner, std::size_t route, method m) noexcept
    : scope(owner, route, m, std::chrono::steady_clock::now()) {}

metrics::shard::scope::scope(shard& owner, std::size_t route, method m,
                             std::chrono::steady_clock::time_point begin) noexcept
    : owner_(owner), route_(route), method_(m), begin_(begin) {
  add_by_owner<std::int64_t>(owner_.impl_->in_flight, 1);
}

metrics::shard::scope::~scope() {
  add_by_owner<std::int64_t>(owner_.impl_->in_flight, -1);
  if (status_ == 0) return;
  const auto end = end_ == std::chrono::steady_clock::time_point{} ? std::chrono::steady_clock::now() : end_;
  owner_.observe(route_, method_, status_, end - begin_);
}

}  // namespace canary
