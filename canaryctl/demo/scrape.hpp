// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/demo/proxy.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace canaryctl::demo {

/// One pod's /metrics at one moment. The version is the label that the pod gave itself.
struct pod_sample {
  std::string pod;
  std::string version;
  std::chrono::steady_clock::time_point at;
  double requests = 0;      ///< http_requests_total, all codes
  double errors = 0;        ///< http_requests_total{code=~"5.*"}
  double cpu_seconds = 0;   ///< process_cpu_seconds_total
  double memory_bytes = 0;  ///< process_resident_memory_bytes
};

using scrape = std::map<std::string, pod_sample>;  ///< by pod

/// Asks every pod. A pod that does not answer is left out and named in `missing`.
scrape scrape_pods(const std::vector<pod_address>& pods, std::vector<std::string>& missing);

struct version_rates {
  std::size_t pods = 0;
  double requests = 0;  ///< in between
  double errors = 0;
  double requests_per_second = 0;
  double errors_per_second = 0;
  double cpu_seconds = 0;   ///< used in between
  double memory_bytes = 0;  ///< at the later scrape, sum of the pods
};

/// `sum(rate(...)) by (version)` of two scrapes: each pod's own increase over its own seconds, summed by version;
/// a counter that fell was reset and counts from 0. Pods that are not in both scrapes have no rate.
std::map<std::string, version_rates> rates_by_version(const scrape& earlier, const scrape& later);

}  // namespace canaryctl::demo
