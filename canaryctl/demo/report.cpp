// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/report.hpp"

#include "canaryctl/demo/words.hpp"
#include "canaryctl/report/document.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace canaryctl::demo {
namespace {

namespace json = boost::json;

std::string operating_system() {
  std::ifstream in("/etc/os-release");
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view key = "PRETTY_NAME=";
    if (!line.starts_with(key)) continue;
    auto name = line.substr(key.size());
    std::erase(name, '"');
    return name;
  }
  return {};
}

json::object environment() {
  json::object result{{"kind", "processes on one machine"}};
  if (auto os = operating_system(); !os.empty()) result["os"] = std::move(os);
  utsname name{};
  if (uname(&name) == 0) {
    result["kernel"] = name.release;
    result["machine"] = name.machine;
  }
  result["cpus"] = std::thread::hardware_concurrency();
  return result;
}

double number(const json::object& from, const char* key) {
  const auto* const value = from.if_contains(key);
  return value && value->is_number() ? value->to_number<double>() : 0;
}

std::string count(const json::object& from, const char* key) {
  return grouped(static_cast<unsigned long long>(number(from, key)));
}

std::string replaced(const json::object& step, const std::string& what) {
  double ready = 0, drain = 0;
  for (const auto& pod : step.at("pods").as_array()) {
    ready = std::max(ready, number(pod.as_object(), "ready_seconds"));
    drain = std::max(drain, number(pod.as_object(), "drain_seconds"));
  }
  return what + " from " + std::string(step.at("from").at("version").as_string()) + " to " +
         std::string(step.at("to").at("version").as_string()) + " took " + decimals(number(step, "seconds"), 1) +
         " s (a pod was ready after at most " + decimals(ready, 2) + " s and drained within " + decimals(drain, 2) +
         " s); " + count(step, "failed") + " of " + count(step, "requests") + " requests failed meanwhile.";
}

/// Plain sentences; every number in them is taken from the report.
json::array observations(const json::object& report) {
  json::array result;
  const auto say = [&](const std::string& text) { result.emplace_back(text); };
  if (const auto* split = report.if_contains("split")) {
    for (const auto& version : split->at("versions").as_object()) {
      const auto& one = version.value().as_object();
      const auto& bounds = one.at("interval").as_array();
      say(std::string(version.key()) + " answered " + decimals(100 * number(one, "share"), 1) + " % of " +
          count(split->as_object(), "requests") + " requests (95 % interval " +
          decimals(100 * bounds[0].to_number<double>(), 1) + " to " + decimals(100 * bounds[1].to_number<double>(), 1) +
          "), expected " + decimals(100 * number(one, "expected_share"), 0) + " %.");
    }
  }
  if (const auto* resources = report.if_contains("resources"))
    for (const auto& version : resources->as_object()) {
      const auto& one = version.value().as_object();
      const double pods = std::max(number(one, "pods"), 1.0);
      say("A pod of " + std::string(version.key()) + " held " +
          decimals(number(one, "memory_bytes") / pods / (1 << 20), 1) + " MiB and used " +
          decimals(1000 * number(one, "cpu_seconds") / pods / std::max(number(one, "window_seconds"), 1e-9), 1) +
          " millicores on average.");
    }
  if (const auto* step = report.if_contains("upgrade")) say(replaced(step->as_object(), "The upgrade"));
  if (const auto* step = report.if_contains("rollback")) say(replaced(step->as_object(), "The rollback"));
  if (const auto* bad = report.if_contains("bad_canary")) {
    const auto& one = bad->as_object();
    say("With " + decimals(100 * number(one, "injected_error_rate"), 1) + " % injected errors the verdict was " +
        std::string(one.at("verdict").as_string()) + " after " + decimals(number(one, "seconds_to_verdict"), 1) +
        " s; " + count(one, "errors_met") + " of " + count(one, "requests") +
        " requests met an error until the weight was 0, and " + count(one, "failed_afterwards") + " of " +
        count(one, "requests_afterwards") + " after that.");
  }
  if (const auto* failed = report.if_contains("failed_requests"))
    say(count(failed->as_object(), "not_injected") + " requests failed that nobody asked to, and " +
        count(failed->as_object(), "injected") + " were injected errors.");
  if (const auto* budget = report.if_contains("error_budget")) {
    const auto& one = budget->as_object();
    say("A " + decimals(number(one, "slo_percent"), 1) + " % objective allows " + decimals(number(one, "allowed"), 1) +
        " of " + count(one, "requests") + " requests to fail; " + count(one, "errors") + " did, which is " +
        decimals(100 * number(one, "spent_share"), 0) + " % of the budget.");
  }
  return result;
}

}  // namespace

json::object complete_report(const json::object& measured, exit_code code) {
  json::object report{{"about", about("demo")}, {"environment", environment()}};
  for (const auto& member : measured) report[member.key()] = member.value();
  report["observations"] = observations(report);
  add_verdict(report, code);
  return report;
}

}  // namespace canaryctl::demo
