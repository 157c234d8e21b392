// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/report.hpp"

#include "canaryctl/demo/words.hpp"

#include <sys/utsname.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace canaryctl::demo {
namespace {

namespace json = boost::json;

std::string now_utc() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

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

void emit(YAML::Emitter& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      if (value.get_object().empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const auto& member : value.get_object()) {
        out << YAML::Key << std::string(member.key()) << YAML::Value;
        emit(out, member.value());
      }
      out << YAML::EndMap;
      break;
    case json::kind::array: {
      bool scalars = true;
      for (const auto& one : value.get_array()) scalars = scalars && one.is_primitive() && !one.is_string();
      if (scalars) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const auto& one : value.get_array()) emit(out, one);
      out << YAML::EndSeq;
      break;
    }
    case json::kind::string:
      out << YAML::DoubleQuoted << std::string(value.get_string());
      break;
    case json::kind::bool_:
      out << value.get_bool();
      break;
    case json::kind::int64:
      out << value.get_int64();
      break;
    case json::kind::uint64:
      out << value.get_uint64();
      break;
    case json::kind::double_: {
      char text[40];
      const auto end = std::to_chars(text, text + sizeof text - 2, value.get_double()).ptr;
      std::string number(text, end);
      // YAML 1.1 takes 1e-06 for text: it wants a point in a number with an exponent.
      if (const auto e = number.find('e'); e != number.npos && number.find('.') == number.npos) number.insert(e, ".0");
      out << number;
      break;
    }
    case json::kind::null:
      out << YAML::Null;
      break;
  }
}

}  // namespace

json::object complete_report(const json::object& measured, exit_code code) {
  json::object about{{"source", "demo"}, {"written_at", now_utc()}, {"canaryctl", CANARYCTL_VERSION}};
  if (auto commit = built_from(); !commit.empty()) about["commit"] = std::move(commit);
  json::object report{{"about", std::move(about)}, {"environment", environment()}};
  for (const auto& member : measured) report[member.key()] = member.value();
  report["observations"] = observations(report);
  add_verdict(report, code);
  return report;
}

std::string to_yaml(const json::value& value) {
  YAML::Emitter out;
  out.SetIndent(2);
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

void write_report(const std::string& file, const json::object& report) {
  const auto temporary = file + ".part";
  std::ofstream out(temporary, std::ios::trunc);
  out << "# Written by `canaryctl demo --report` from one run; not to be edited by hand.\n" << to_yaml(report);
  out.close();
  if (!out || std::rename(temporary.c_str(), file.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw std::runtime_error("--report: cannot write '" + file + "'");
  }
}

}  // namespace canaryctl::demo
