// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/prometheus.hpp"
#include "canaryctl/judge/measure.hpp"
#include "canaryctl/judge/scrape_source.hpp"
#include "canaryctl/judge/source.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace canaryctl::judge {

struct prometheus_options {
  http_target url;
  std::vector<measure> measures;
  std::optional<gateway_measure> at_gateway{};
  metric_names names{};
  revision_labels revision{};
  selector stable, canary;                                              ///< which series are whose
  std::vector<std::string> pod_labels{"namespace", "pod", "instance"};  ///< which together name a pod
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  /// Asked in place of `url`, for history: an instant query, at a Unix time or at the present. May be empty.
  std::function<boost::system::result<std::vector<vector_sample>, prometheus_error>(const std::string&,
                                                                                    std::optional<double>)>
      ask{};
};

/// Reads raw counters by pod from Prometheus. A round ends when every pod has been scraped again since the last one, or
/// when three scrape intervals (as observed; a minute before that) have gone by: asking more often than Prometheus
/// scrapes makes no pod look silent. All queries of a round are evaluated at one instant a little in the past, so that
/// no scrape comes between requests and errors.
class prometheus_source : public source {
 public:
  explicit prometheus_source(prometheus_options options);
  round next() override;
  std::string describe() const override;

 private:
  using labels = std::map<std::string, std::string>;
  struct pod_values {
    labels names;
    std::vector<std::optional<double>> values;  ///< of a query each
  };

  /// `AGGREGATE by (...) (FUNCTION(metric{where}))`.
  std::string promql(const std::string& aggregate, const series& what, const std::string& function = {}) const;
  std::string pod_of(const labels& names) const;
  std::optional<canary::judge::track> track_of(const labels& names) const;
  /// Asks all queries at one instant. False, with a problem in `out`, when one got no answer.
  bool ask(double at, const std::vector<std::string>& queries, std::map<std::string, pod_values>& found, round& out);
  boost::system::result<std::vector<vector_sample>, prometheus_error> ask_one(const std::string& promql,
                                                                              std::optional<double> at = {}) const;
  void read_bounds(double at, round& out);
  void read_gateway(double at, round& out);

  prometheus_options options_;
  prometheus_client client_;
  std::vector<std::string> by_;
  std::map<std::string, double> delivered_;  ///< pod -> time of its sample that was used last
  double gap_ = 0;                           ///< seconds between two scrapes of a pod, the longest of late
  double ended_ = 0;                         ///< when the last round ended
  unsigned rounds_ = 0;
  std::string differing_;
};

}  // namespace canaryctl::judge
