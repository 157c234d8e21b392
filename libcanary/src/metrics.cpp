// SPDX-License-Identifier: BSL-1.0
#include <canary/metrics.hpp>
#include <canary/version.hpp>

#include "families.hpp"
#include "http_metrics.hpp"
#include "process_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <unordered_map>

namespace canary {

namespace {

constexpr std::string_view own_names[] = {"http_requests_total",
                                          "http_request_duration_seconds",
                                          "http_request_duration_seconds_bucket",
                                          "http_request_duration_seconds_count",
                                          "http_request_duration_seconds_sum",
                                          "http_requests_in_flight",
                                          "http_connections_open",
                                          "http_connections_refused_total",
                                          "canary_build_info",
                                          "canary_fault_error_ratio",
                                          "canary_log_dropped_total",
                                          "canary_handlers_overdue",
                                          "process_cpu_seconds_total",
                                          "process_resident_memory_bytes",
                                          "process_virtual_memory_bytes",
                                          "process_open_fds",
                                          "process_max_fds",
                                          "process_start_time_seconds",
                                          "process_threads"};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool well_formed(std::string_view name, bool colon) {
  const auto inner = [&](char c) { return letter(c) || digit(c) || (colon && c == ':'); };
  return !name.empty() && !digit(name[0]) && std::all_of(name.begin(), name.end(), inner);
}

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw std::invalid_argument("canary::metrics: metric `" + name + "`: " + reason);
}

void check(const std::string& name, const metrics::labels& labels) {
  if (!well_formed(name, true)) refuse(name, "a name is of [a-zA-Z_:][a-zA-Z0-9_:]*");
  if (std::find(std::begin(own_names), std::end(own_names), name) != std::end(own_names))
    refuse(name, "the library has a metric of that name");
  for (const auto& [label, value] : labels) {
    if (label == "version" || label == "track")
      refuse(name, "label `" + label + "` is reserved: every sample has it as a constant label");
    if (!well_formed(label, false) || label.starts_with("__") || label == "le" || label == "quantile")
      refuse(name, "label `" + label +
                       "`: a label is of [a-zA-Z_][a-zA-Z0-9_]*, not `le` or `quantile`, and does not start with __");
  }
}

// prometheus-cpp 1.0.1 writes a help text as it is: a line break in it would end the scrape.
std::string escape_help(const std::string& help) {
  std::string escaped;
  for (const char c : help) {
    if (c == '\\')
      escaped += "\\\\";
    else if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

struct metrics::impl {
  explicit impl(identity id) : self(std::move(id)) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> own() const {
    auto all = http.Collect();
    auto& info =
        all.emplace_back(single("canary_build_info", "1, with what this process was built and configured from.",
                                prometheus::MetricType::Gauge, 1));
    info.metric[0].label = {{"color", self.color},
                            {"revision", self.revision},
                            {"config", self.config},
                            {"libcanary", std::string(library_version())}};
    all.push_back(single("canary_fault_error_ratio", "Share of requests answered with an injected error, 0 to 1.",
                         prometheus::MetricType::Gauge, fault_ratio.load(std::memory_order_relaxed)));
    all.push_back(single("canary_log_dropped_total", "Log lines dropped because the queue was full.",
                         prometheus::MetricType::Counter,
                         static_cast<double>(log_dropped.load(std::memory_order_relaxed))));
    return all;
  }

  void add_constant_labels(std::vector<prometheus::ClientMetric>& samples) const {
    for (auto& s : samples) {
      for (auto& l : s.label)
        if (l.name == "version" || l.name == "track") l.name.insert(0, "exported_");
      s.label.push_back({"version", self.version});
      s.label.push_back({"track", self.track});
    }
  }

  const identity self;
  prometheus::Registry registry;
  http_metrics http;
  process_metrics process;
  std::atomic<double> fault_ratio{0};
  std::atomic<std::uint64_t> log_dropped{0};
};

metrics::metrics(identity self) : impl_(std::make_unique<impl>(std::move(self))) {}
metrics::~metrics() = default;

std::string metrics::render() const {
  std::vector<prometheus::MetricFamily> families;
  std::unordered_map<std::string, std::size_t> by_name;
  const auto add = [&](std::vector<prometheus::MetricFamily> more) {
    for (auto& f : more) {
      impl_->add_constant_labels(f.metric);
      const auto [found, fresh] = by_name.try_emplace(f.name, families.size());
      if (fresh) {
        f.help = escape_help(f.help);
        families.push_back(std::move(f));
      } else if (auto& to = families[found->second]; to.type == f.type) {
        std::move(f.metric.begin(), f.metric.end(), std::back_inserter(to.metric));
      }
    }
  };
  add(impl_->own());
  add(impl_->process.Collect());
  add(impl_->registry.Collect());
  return prometheus::TextSerializer().Serialize(families);
}

prometheus::Registry& metrics::registry() noexcept { return impl_->registry; }

namespace {

template <typename Builder, typename... Args>
auto& add_to(prometheus::Registry& registry, Builder builder, const std::string& name, const std::string& help,
             const metrics::labels& l, const Args&... args) {
  check(name, l);
  try {
    return builder.Name(name).Help(help).Register(registry).Add(l, args...);
  } catch (const std::invalid_argument& e) {
    refuse(name, e.what());
  }
}

}  // namespace

prometheus::Counter& metrics::counter(const std::string& name, const std::string& help, const labels& l) {
  return add_to(impl_->registry, prometheus::BuildCounter(), name, help, l);
}

prometheus::Gauge& metrics::gauge(const std::string& name, const std::string& help, const labels& l) {
  return add_to(impl_->registry, prometheus::BuildGauge(), name, help, l);
}

prometheus::Histogram& metrics::histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                                          const labels& l) {
  const bool finite = std::all_of(bounds.begin(), bounds.end(), [](double b) { return std::isfinite(b); });
  if (bounds.empty() || !finite ||
      std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) != bounds.end())
    refuse(name, "the bounds are finite numbers that rise, at least one");
  return add_to(impl_->registry, prometheus::BuildHistogram(), name, help, l, bounds);
}

void metrics::declare_http(std::vector<http_route> routes, std::vector<unsigned> extra_statuses) {
  impl_->http.declare(std::move(routes), std::move(extra_statuses));
}

metrics::shard& metrics::add_shard() { return impl_->http.add_shard(); }
void metrics::connection_refused(refusal reason) noexcept { impl_->http.refused(reason); }
void metrics::fault_error_ratio(double value) noexcept { impl_->fault_ratio.store(value, std::memory_order_relaxed); }
void metrics::log_dropped(std::uint64_t total) noexcept { impl_->log_dropped.store(total, std::memory_order_relaxed); }

}  // namespace canary
