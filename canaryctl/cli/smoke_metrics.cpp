// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/smoke_checks.hpp"
#include "canaryctl/client/text_format.hpp"

#include <cmath>
#include <set>
#include <utility>

namespace canaryctl {

namespace {

struct family {
  const char* name;
  const char* type;
  std::set<std::string> labels;  ///< besides version and track
};

const std::vector<family>& contract() {
  static const std::vector<family> families{
      {"http_requests_total", "counter", {"method", "path", "code"}},
      {"http_request_duration_seconds", "histogram", {"method", "path", "status"}},
      {"http_requests_in_flight", "gauge", {}},
      {"http_connections_open", "gauge", {}},
      {"http_connections_refused_total", "counter", {"reason"}},
      {"canary_build_info", "gauge", {"color", "revision", "config", "libcanary"}},
      {"canary_fault_error_ratio", "gauge", {}},
      {"canary_log_dropped_total", "counter", {}},
      {"canary_handlers_overdue", "gauge", {}},
      {"process_cpu_seconds_total", "counter", {}},
      {"process_resident_memory_bytes", "gauge", {}},
      {"process_virtual_memory_bytes", "gauge", {}},
      {"process_open_fds", "gauge", {}},
      {"process_start_time_seconds", "gauge", {}},
  };
  return families;
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return "{" + text + "}";
}

std::set<std::string> names_of(const sample& one) {
  std::set<std::string> names;
  for (const auto& [name, value] : one.labels) {
    if (name != "le") names.insert(name);
  }
  return names;
}

void check_family(const exposition& metrics, const family& want, std::vector<smoke_check>& out) {
  smoke_check check{std::string("metrics.") + want.name, false, {}, {}};
  auto labels = want.labels;
  labels.insert({"version", "track"});
  check.expected = std::string(want.type) + " " + joined(labels);
  const auto type = metrics.types.find(want.name);
  const std::string series =
      want.name + std::string(type != metrics.types.end() && type->second == "histogram" ? "_bucket" : "");
  std::size_t count = 0;
  check.passed = type != metrics.types.end() && type->second == want.type;
  check.found = type == metrics.types.end() ? "no such family" : type->second;
  for (const auto& one : metrics.samples) {
    if (one.name != series) continue;
    ++count;
    if (names_of(one) == labels) continue;
    check.passed = false;
    check.found += " " + joined(names_of(one));
    break;
  }
  if (count == 0 && type != metrics.types.end()) {
    check.passed = false;
    check.found += " without a series";
  }
  out.push_back(std::move(check));
}

/// Every series of every family carries the identity, the user's own and process_* included.
void check_identity(const exposition& metrics, const std::string& label, const std::string& want,
                    std::vector<smoke_check>& out) {
  smoke_check check{"metrics." + label, !metrics.samples.empty(), {}, "on every series"};
  check.expected = "every series has " + label + (want.empty() ? "" : "=\"" + want + "\"");
  for (const auto& one : metrics.samples) {
    const auto value = one.label(label);
    if (want.empty() ? !value.empty() : value == want) continue;
    check.passed = false;
    check.found = one.name + " has " + label + "=\"" + std::string(value) + "\"";
    break;
  }
  out.push_back(std::move(check));
}

void check_bounds(const exposition& metrics, std::vector<smoke_check>& out) {
  // Read as numbers: le="0.1" and le="1e-01" name the same bound.
  const std::set<double> want{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5, 2.5, 7.5, INFINITY};
  std::set<double> bounds;
  std::string found;
  for (const auto& one : metrics.samples) {
    if (one.name != "http_request_duration_seconds_bucket") continue;
    const std::string bound(one.label("le"));
    const auto value = bound == "+Inf" ? INFINITY : std::strtod(bound.c_str(), nullptr);
    if (bounds.insert(value).second) found += (found.empty() ? "" : " ") + bound;
  }
  out.push_back({"metrics.http_request_duration_seconds.bounds", bounds == want,
                 "0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1.5 2.5 7.5 +Inf", found.empty() ? "none" : found});
}

void check_build_info(const exposition& metrics, const char* label, const std::string& want,
                      std::vector<smoke_check>& out) {
  if (want.empty()) return;
  std::string found = "no canary_build_info";
  for (const auto& one : metrics.samples) {
    if (one.name == "canary_build_info") found = one.label(label);
  }
  out.push_back({std::string("metrics.canary_build_info.") + label, found == want, want, found});
}

}  // namespace

void check_metrics(const exchange_result& scrape, const smoke_expectation& want, std::vector<smoke_check>& out) {
  const auto before = out.size();
  check_probe("metrics", scrape, out);
  if (!out[before].passed) return;
  const auto* type = scrape.response.find("Content-Type");
  out.push_back({"metrics.content_type", type != nullptr && type->starts_with("text/plain; version=0.0.4"),
                 "text/plain; version=0.0.4", type == nullptr ? "no Content-Type" : *type});
  const auto metrics = parse_text_format(scrape.response.body);
  if (!metrics) {
    out.push_back({"metrics.format", false, "text format 0.0.4", metrics.error().what});
    return;
  }
  for (const auto& one : contract()) check_family(*metrics, one, out);
  check_bounds(*metrics, out);
  check_identity(*metrics, "version", want.version, out);
  check_identity(*metrics, "track", want.track, out);
  check_build_info(*metrics, "color", want.color, out);
  check_build_info(*metrics, "config", want.config, out);
}

}  // namespace canaryctl
