// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace canaryctl {

/// One element of an instant vector. The value may be NaN or infinite: Prometheus has both.
struct vector_sample {
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// One series of a range query: its value at those of the asked times at which it has one.
struct range_series {
  std::map<std::string, std::string> labels;
  std::vector<std::pair<double, double>> values;  ///< Unix time, value; rising in time
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

  /// The same at `from`, `from + step`, ... up to `to`, by the server in one go. Prometheus gives 11,000 points at
  /// most.
  boost::system::result<std::vector<range_series>, prometheus_error> query_range(const std::string& promql, double from,
                                                                                 double to, double step) const;

  /// The value of a command-line flag of the server ("storage.tsdb.retention.time"); "" if it does not tell.
  std::string flag(const std::string& name) const;

 private:
  /// `data` of a good answer.
  boost::system::result<boost::json::object, prometheus_error> ask(const std::string& path,
                                                                   const std::string& promql) const;

  http_target base_;
  fetch_options options_;
};

}  // namespace canaryctl
