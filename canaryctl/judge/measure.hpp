// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/judge/selector.hpp"

#include <canary/judge/options.hpp>

#include <optional>
#include <string>

namespace canaryctl::judge {

/// The sum of a counter's series.
struct series {
  std::string metric;
  selector where;

  /// `name` or `name{matchers}`.
  std::string text() const { return where.text().empty() ? metric : metric + "{" + where.text() + "}"; }
};

/// One metric that is judged: what counts its requests, and what counts its events among them.
struct measure {
  canary::judge::metric_options options;
  series total;
  series events;
  bool events_are_the_rest = false;  ///< `events` counts the good ones: those within a histogram's bound
  std::optional<double> bound{};     ///< seconds, of a histogram's bucket
};

/// Names of the service's metrics; the defaults are libcanary's.
struct metric_names {
  std::string requests = "http_requests_total";
  std::string errors = R"(code=~"5.*")";                   ///< which requests are errors
  std::string duration = "http_request_duration_seconds";  ///< a histogram
  std::string start_time = "process_start_time_seconds";
  std::string select;  ///< further matchers for requests and duration
};

// The error of each names the option, its value and what was expected.
boost::system::result<measure, parse_error> errors_measure(const metric_names& names, double objective);
boost::system::result<measure, parse_error> slow_measure(const metric_names& names, double bound);
/// `NAME=TOTAL/EVENTS`, each a metric with or without matchers in braces: `jobs=jobs_total/jobs_total{ok="false"}`.
boost::system::result<measure, parse_error> pair_measure(const std::string& text);

/// What the gateway counts of each track and the app cannot see: 502, 503, 504.
struct gateway_measure {
  canary::judge::metric_options options;
  std::string metric;
  selector stable, canary;  ///< which series are whose
  selector errors;
};

struct gateway_names {
  std::string kind;                   ///< "traefik" or "ingress-nginx"
  std::string space = "canary-demo";  ///< namespace of the Services
  std::string stable_service = "canary-demo";
  std::string canary_service = "canary-demo-canary";
  std::string stable_select, canary_select;  ///< matchers in place of those made from the names
};
boost::system::result<gateway_measure, parse_error> make_gateway_measure(const gateway_names& names, double objective);

}  // namespace canaryctl::judge
