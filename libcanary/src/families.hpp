// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <prometheus/metric_family.h>

namespace canary {

/// A family without samples yet.
inline prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type) {
  prometheus::MetricFamily f;
  f.name = name;
  f.help = help;
  f.type = type;
  return f;
}

/// A counter or gauge with one sample.
inline prometheus::MetricFamily single(const char* name, const char* help, prometheus::MetricType type, double value) {
  auto f = family(name, help, type);
  auto& metric = f.metric.emplace_back();
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return f;
}

}  // namespace canary
