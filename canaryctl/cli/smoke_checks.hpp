// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"

#include <string>
#include <vector>

namespace canaryctl {

/// What a target should be. An empty member is not checked.
struct smoke_expectation {
  std::string version;
  std::string color;
  std::string track;
  std::string config;  ///< hash of the configuration
};

struct smoke_check {
  std::string name;  ///< "api_info.version"
  bool passed = false;
  std::string expected;
  std::string found;  ///< shortened to one line
};

// Each looks at one answer and adds its checks to `out`. They are pure: the answers come from fetch().
void check_page(const exchange_result& page, const smoke_expectation& want, std::vector<smoke_check>& out);
void check_info(const exchange_result& info, const smoke_expectation& want, std::vector<smoke_check>& out);
/// The answer to echo_request().
void check_echo(const exchange_result& echo, std::vector<smoke_check>& out);
void check_probe(const std::string& name, const exchange_result& probe, std::vector<smoke_check>& out);
/// Names, labels and bounds of the metrics contract, and that every series carries version and track.
void check_metrics(const exchange_result& scrape, const smoke_expectation& want, std::vector<smoke_check>& out);

/// A POST with a field and a body that must come back.
http_request echo_request();

}  // namespace canaryctl
