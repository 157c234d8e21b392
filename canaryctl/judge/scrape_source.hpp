// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"
#include "canaryctl/client/text_format.hpp"
#include "canaryctl/judge/measure.hpp"
#include "canaryctl/judge/source.hpp"

#include <canary/judge/batcher.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace canaryctl::judge {

/// What tells a pod's version and configuration; an empty member is not looked at.
struct revision_labels {
  std::string version = "version";
  std::string info = "canary_build_info";  ///< the metric that has `config`
  std::string config = "config";
  bool with_config = false;  ///< it is looked at, too
};

struct scrape_options {
  /// Where /metrics of the pods are. A host name is looked up every round, and every address behind it is a pod: the
  /// name of a headless Service.
  std::vector<http_target> stable, canary, gateway;
  std::vector<measure> measures;
  std::optional<gateway_measure> at_gateway{};
  metric_names names{};
  revision_labels revision{};
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);  ///< of one pod; all are asked at once
};

/// Asks the pods themselves; no Prometheus needed.
class scrape_source : public source {
 public:
  explicit scrape_source(scrape_options options) : options_(std::move(options)) {}
  round next() override;
  std::string describe() const override;

 private:
  scrape_options options_;
};

/// `http://host:port/path`, or `host[:port]`, which stands for port 8081 and /metrics. The error says what was
/// expected.
boost::system::result<http_target, parse_error> parse_scrape_target(const std::string& text);

/// One pod's exposition as a sample. A measure without a single series is named in `missing`.
canary::judge::pod_sample read_pod(const exposition& metrics, const scrape_options& options,
                                   std::vector<std::string>& missing);
/// The bounds of the histogram's buckets, as numbers.
std::set<double> bounds_of(const exposition& metrics, const std::string& histogram);
/// What the gateway counted of one track.
canary::judge::tally read_gateway(const exposition& metrics, const gateway_measure& what, canary::judge::track side);

}  // namespace canaryctl::judge
