// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"

#include <boost/system/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace canaryctl {

/// One element of an instant vector. The value may be NaN or infinite: Prometheus has both.
struct vector_sample {
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct prometheus_error {
  bool reached = false;  ///< false: no answer at all; true: an answer that is no result
  std::string what;      ///< names the URL, the query, and what Prometheus said
};

/// The HTTP API of a Prometheus server; `base` may have a path (a proxy's prefix). Blocking.
class prometheus_client {
 public:
  explicit prometheus_client(http_target base, fetch_options options = {});

  /// An instant query that yields a vector or a scalar (as one sample without labels), evaluated at the Unix time `at`
  /// or, without it, when the server gets it. Counts that are compared with each other need the same time.
  boost::system::result<std::vector<vector_sample>, prometheus_error> query(const std::string& promql,
                                                                            std::optional<double> at = {}) const;

  /// The value of a command-line flag of the server ("storage.tsdb.retention.time"); "" if it does not tell.
  std::string flag(const std::string& name) const;

 private:
  http_target base_;
  fetch_options options_;
};

}  // namespace canaryctl
