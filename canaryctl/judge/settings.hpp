// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"
#include "canaryctl/judge/engine.hpp"
#include "canaryctl/judge/measure.hpp"
#include "canaryctl/judge/prometheus_source.hpp"
#include "canaryctl/judge/source.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace canaryctl::judge {

/// What the command line says about source, metrics, statistics and guardrails: all but files, deadline and output.
struct settings {
  http_target prometheus;           ///< host empty: not given
  std::vector<std::string> scrape;  ///< "stable=DNS-or-URL,..." and so on
  metric_names names;
  std::string stable_select = R"(track="stable")", canary_select = R"(track="canary")";
  std::vector<std::string> pod_labels{"namespace", "pod", "instance"};
  std::string stable_version, canary_version, stable_config, canary_config;  ///< empty: any
  gateway_names gateway;                                                     ///< kind empty: none

  double slo = 99.9;                              ///< per cent
  std::vector<std::string> slow_bounds{"250ms"};  ///< "none" alone: no metric of slow requests
  std::vector<std::string> pairs;
  double alpha = 0.05, beta = 0.05, margin = 2, max_burst = 1;
  double tolerance_errors = 0, tolerance_slow = 0.25;
  std::string assume = "dependent";
  std::chrono::nanoseconds warmup = std::chrono::seconds(30);
  std::uint64_t least_requests = 4;
  std::uint64_t restarts = 3;
  std::chrono::nanoseconds without_traffic = std::chrono::minutes(2);
  std::chrono::nanoseconds without_ready = std::chrono::minutes(2);
  std::chrono::nanoseconds without_metrics = std::chrono::minutes(1);
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);
};

/// Adds the options above to a subcommand. `s` must outlive the parsing.
void add_settings(CLI::App& command, settings& s);

// After parsing. Each throws CLI::ValidationError that names the option, its value and what was expected.
bool has_source(const settings& s);
std::unique_ptr<source> make_source(const settings& s);
prometheus_options make_prometheus_options(const settings& s);
engine_options make_engine_options(const settings& s);

}  // namespace canaryctl::judge
