// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/scrape.hpp"

#include "canaryctl/client/http.hpp"
#include "canaryctl/client/text_format.hpp"

namespace canaryctl::demo {
namespace {

bool is_5xx(const sample& one) { return one.label("code").starts_with('5'); }

double increase(double earlier, double later) { return later >= earlier ? later - earlier : later; }

}  // namespace

scrape scrape_pods(const std::vector<pod_address>& pods, std::vector<std::string>& missing) {
  scrape result;
  for (const auto& pod : pods) {
    const auto target = parse_target("http://" + pod.host + ":" + std::to_string(pod.admin_port) + "/metrics");
    const auto got = fetch(*target, {}, {.timeout = std::chrono::seconds(2)});
    if (got.result != outcome::answered || got.response.status != 200) {
      missing.push_back(
          pod.name + ": " +
          (got.result == outcome::answered ? "/metrics answered " + std::to_string(got.response.status) : got.error));
      continue;
    }
    const auto parsed = parse_text_format(got.response.body);
    if (!parsed) {
      missing.push_back(pod.name + ": /metrics is not in the text format");
      continue;
    }
    const auto by_version = sum_by(*parsed, "http_requests_total", "version");
    if (by_version.size() != 1) {
      missing.push_back(pod.name + ": http_requests_total has not exactly one version");
      continue;
    }
    pod_sample one;
    one.pod = pod.name;
    one.version = by_version.begin()->first;
    one.at = std::chrono::steady_clock::now();
    one.requests = by_version.begin()->second;
    for (const auto& [version, n] : sum_by(*parsed, "http_requests_total", "version", is_5xx)) one.errors += n;
    one.cpu_seconds = sum_of(*parsed, "process_cpu_seconds_total");
    one.memory_bytes = sum_of(*parsed, "process_resident_memory_bytes");
    result[pod.name] = one;
  }
  return result;
}

std::map<std::string, version_rates> rates_by_version(const scrape& earlier, const scrape& later) {
  std::map<std::string, version_rates> result;
  for (const auto& [name, after] : later) {
    const auto found = earlier.find(name);
    if (found == earlier.end()) continue;
    const auto& before = found->second;
    const double seconds = std::chrono::duration<double>(after.at - before.at).count();
    if (seconds <= 0) continue;
    auto& sum = result[after.version];
    const double requests = increase(before.requests, after.requests);
    const double errors = increase(before.errors, after.errors);
    ++sum.pods;
    sum.requests += requests;
    sum.errors += errors;
    sum.requests_per_second += requests / seconds;
    sum.errors_per_second += errors / seconds;
    sum.cpu_seconds += increase(before.cpu_seconds, after.cpu_seconds);
    sum.memory_bytes += after.memory_bytes;
  }
  return result;
}

}  // namespace canaryctl::demo
