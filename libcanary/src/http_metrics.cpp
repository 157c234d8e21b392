// SPDX-License-Identifier: BSL-1.0
#include "http_metrics.hpp"

#include "families.hpp"

#include <algorithm>
#include <stdexcept>

namespace canary {

namespace {

constexpr std::array<std::string_view, 2> refusal_names{"limit", "error"};
constexpr std::array<const char*, 5> class_names{"1xx", "2xx", "3xx", "4xx", "5xx"};

prometheus::MetricFamily gauge(const char* name, const char* help, std::int64_t value) {
  return single(name, help, prometheus::MetricType::Gauge, static_cast<double>(value));
}

prometheus::ClientMetric labelled(std::size_t m, const std::string& path, const char* name, std::string value) {
  prometheus::ClientMetric c;
  c.label = {{"method", std::string(method_names[m])}, {"path", path}, {name, std::move(value)}};
  return c;
}

// Whether a declared method's histograms stand at zero from the start. Those of methods that only a route for any
// method has do not: 15 samples each, for requests that hardly ever come.
bool common(std::size_t m) noexcept { return m < static_cast<std::size_t>(method::connect); }

}  // namespace

// The sums over all shards, in the shards' own order.
struct http_metrics::totals {
  struct entry {
    bool used = false;
    std::uint64_t sum_ns = 0;
    std::array<std::uint64_t, http_series::bounds_ns.size() + 1> buckets{};
    std::array<std::uint64_t, 100> codes{};
  };

  std::vector<entry> entries;
  std::int64_t in_flight = 0;
  std::int64_t connections = 0;
  std::int64_t overdue = 0;
};

void http_metrics::declare(std::vector<metrics::http_route> routes, std::vector<unsigned> extra_statuses) {
  const std::lock_guard lock(mutex_);
  if (!shards_.empty()) throw std::logic_error("canary::metrics: routes have to be declared before the first shard");
  if (used_) throw std::logic_error("canary::metrics: routes were declared already");
  for (const unsigned code : extra_statuses)
    if (code < 100 || code > 599)
      throw std::invalid_argument("canary::metrics: " + std::to_string(code) + " is no HTTP status (100 to 599)");
  for (const auto& r : routes)
    if (r.path == unmatched_path)
      throw std::invalid_argument("canary::metrics: the path label `unmatched` is reserved");

  // Two routes may share a label: they share its series, which could not stand twice in one scrape.
  std::vector<declared> paths;
  for (const auto& r : routes) {
    auto found = std::find_if(paths.begin(), paths.end(), [&](const declared& d) { return d.path == r.path; });
    if (found == paths.end()) found = paths.insert(paths.end(), declared{r.path, {}});
    for (const method m : r.methods) found->methods[static_cast<std::size_t>(m)] = true;
    slot_of_.push_back(static_cast<std::uint32_t>(found - paths.begin()));
  }
  paths.push_back({unmatched_path, {}});
  paths_ = std::move(paths);

  initial_codes_.insert(initial_codes_.end(), extra_statuses.begin(), extra_statuses.end());
  std::sort(initial_codes_.begin(), initial_codes_.end());
  initial_codes_.erase(std::unique(initial_codes_.begin(), initial_codes_.end()), initial_codes_.end());
  used_ = true;
}

metrics::shard& http_metrics::add_shard() {
  const std::lock_guard lock(mutex_);
  used_ = true;
  auto state = std::make_unique<metrics::shard::impl>(paths_.size(), slot_of_);
  return *shards_.emplace_back(std::make_unique<metrics::shard>(std::move(state)));
}

void http_metrics::refused(metrics::refusal reason) noexcept {
  refused_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
}

http_metrics::totals http_metrics::sum() const {
  totals t;
  t.entries.resize(paths_.size() * method_names.size() * metrics::shard::impl::classes);
  for (const auto& s : shards_) {
    const auto& state = *s->impl_;
    t.in_flight += state.in_flight.load(std::memory_order_relaxed);
    t.connections += state.connections.load(std::memory_order_relaxed);
    t.overdue += state.overdue.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < t.entries.size(); ++i) {
      const http_series* from = state.series[i].load(std::memory_order_acquire);
      if (!from) continue;
      auto& to = t.entries[i];
      to.used = true;
      to.sum_ns += from->sum_ns.load(std::memory_order_relaxed);
      for (std::size_t b = 0; b < to.buckets.size(); ++b)
        to.buckets[b] += from->buckets[b].load(std::memory_order_relaxed);
      for (std::size_t c = 0; c < to.codes.size(); ++c) to.codes[c] += from->codes[c].load(std::memory_order_relaxed);
    }
  }
  return t;
}

std::vector<prometheus::MetricFamily> http_metrics::Collect() const {
  using prometheus::MetricType;
  const std::lock_guard lock(mutex_);
  const totals t = sum();
  auto overdue = gauge("canary_handlers_overdue", "Handlers that still run behind their deadline.", t.overdue);
  if (!used_) return {std::move(overdue)};

  auto requests =
      family("http_requests_total", "Answered HTTP requests by route, method and status.", MetricType::Counter);
  auto durations = family("http_request_duration_seconds",
                          "Time from a request's head to its written answer, by route, method and status class.",
                          MetricType::Histogram);
  for (std::size_t slot = 0; slot < paths_.size(); ++slot)
    for (std::size_t m = 0; m < method_names.size(); ++m) {
      const bool is_declared = paths_[slot].methods[m];
      for (std::size_t k = 0; k < class_names.size(); ++k) {
        const auto& e = t.entries[(slot * method_names.size() + m) * class_names.size() + k];
        for (std::size_t c = 0; c < e.codes.size(); ++c) {
          const auto code = static_cast<unsigned>((k + 1) * 100 + c);
          const bool initial = is_declared && std::binary_search(initial_codes_.begin(), initial_codes_.end(), code);
          if (e.codes[c] == 0 && !initial) continue;
          auto& metric = requests.metric.emplace_back(labelled(m, paths_[slot].path, "code", std::to_string(code)));
          metric.counter.value = static_cast<double>(e.codes[c]);
        }

        // Errors are what a release is judged by, so theirs must be there before the first one.
        const bool initial = is_declared && common(m) && (k == 1 || k == 4);
        if (!e.used && !initial) continue;
        auto& h = durations.metric.emplace_back(labelled(m, paths_[slot].path, "status", class_names[k])).histogram;
        for (std::size_t b = 0; b < e.buckets.size(); ++b) {
          h.sample_count += e.buckets[b];
          if (b < http_series::bounds_ns.size())
            h.bucket.push_back({h.sample_count, static_cast<double>(http_series::bounds_ns[b]) / 1e9});
        }
        h.sample_sum = static_cast<double>(e.sum_ns) / 1e9;
      }
    }

  auto refused = family("http_connections_refused_total", "Connections closed without serving them, by reason.",
                        MetricType::Counter);
  for (std::size_t r = 0; r < refusal_names.size(); ++r) {
    auto& metric = refused.metric.emplace_back();
    metric.label = {{"reason", std::string(refusal_names[r])}};
    metric.counter.value = static_cast<double>(refused_[r].load(std::memory_order_relaxed));
  }

  std::vector<prometheus::MetricFamily> all;
  all.push_back(std::move(requests));
  all.push_back(std::move(durations));
  all.push_back(gauge("http_requests_in_flight", "HTTP requests that are being answered.", t.in_flight));
  all.push_back(gauge("http_connections_open", "Open HTTP connections.", t.connections));
  all.push_back(std::move(refused));
  all.push_back(std::move(overdue));
  return all;
}

}  // namespace canary
