// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/report/shape.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace canaryctl {
namespace json = boost::json;

namespace {

enum class kind { count, some, number, text, list, load };

/// `path` has a segment a level: `*` is every member of an object, `#` every element of a list, and one that ends in
/// `?` may be missing.
struct rule {
  std::string_view path;
  kind expected;
};

/// A name that ends in `-` stands for all that begin with it; the first that fits counts.
struct shape {
  std::string_view step;
  std::vector<rule> rules;
};

const std::vector<shape>& shapes() {
  static const std::vector<shape> all{
      {"environment", {{"kind", kind::text}, {"kubernetes", kind::text}, {"helm", kind::text}}},
      {"pods", {{"stable", kind::count}, {"canary", kind::count}}},
      {"targets", {{"up", kind::count}}},
      {"split-",
       {{"counted", kind::some},
        {"confidence", kind::number},
        {"exit_code", kind::count},
        {"versions", kind::list},
        {"versions.#.version", kind::text},
        {"versions.#.expected", kind::number},
        {"versions.#.observed", kind::count},
        {"versions.#.interval_test.#", kind::number}}},
      {"colours-", {{"requests", kind::count}, {"seen.*", kind::count}}},
      {"queries",
       {{"requests", kind::count},
        {"failed", kind::count},
        {"client_rate", kind::number},
        {"window_rates.*", kind::number},
        {"rate_query", kind::text},
        {"errors_query", kind::text},
        {"rate_by_version.*", kind::number},
        {"errors_by_version.*", kind::number}}},
      {"counted", {{"client.*", kind::number}, {"prometheus.*", kind::number}}},
      {"resources",
       {{"cpu_seconds_per_second.*", kind::number}, {"resident_bytes.*", kind::number}, {"pods.*", kind::count}}},
      {"rules", {{"recording", kind::count}, {"alerting", kind::count}}},
      {"dashboard", {{"queries", kind::count}}},
      {"burning", {{"alerts.#", kind::text}, {"requests", kind::count}, {"failed", kind::count}}},
      {"releases-", {{"load", kind::load}, {"phases.*", kind::number}, {"revisions", kind::list}}},
      {"drain-", {{"seconds", kind::number}}},
      {"undrained", {{"load", kind::load}}},
      {"fault-", {{"load", kind::load}}},
      {"rollback-on-failure", {{"seconds", kind::number}}},
      {"pending-upgrade", {{"rollback_seconds", kind::number}}},
      {"uninstall", {{"seconds", kind::number}, {"objects_left", kind::count}}},
      {"controller-", {{"good_phases?.#", kind::text}, {"bad_phases?.#", kind::text}}},
      {"judge-evidence-",
       {{"canary_requests", kind::list},
        {"canary_requests.#", kind::number},
        {"options", kind::text},
        {"rate", kind::number}}},
      {"judge-job-", {{"reason", kind::text}, {"requests", kind::count}, {"failed", kind::count}}},
      {"judge-", {{"reason", kind::text}}},
  };
  return all;
}

/// A load's own members, wherever one is.
const std::vector<rule>& rules_of_a_load() {
  static const std::vector<rule> rules{{"requests", kind::some},    {"rate", kind::number},
                                       {"seconds", kind::number},   {"statuses.*", kind::count},
                                       {"outcomes.*", kind::count}, {"seconds_without_canary?", kind::number}};
  return rules;
}

const char* words(kind expected) {
  switch (expected) {
    case kind::count:
      return "a whole number";
    case kind::some:
      return "a whole number above 0";
    case kind::number:
      return "a number";
    case kind::text:
      return "text";
    case kind::list:
      return "a list with something in it";
    case kind::load:
      return "an object, as canaryctl load writes it";
  }
  return "something else";
}

bool is(kind expected, const json::value& found) {
  boost::system::error_code error;
  switch (expected) {
    case kind::count:
      return found.to_number<std::uint64_t>(error), !error;
    case kind::some:
      return found.to_number<std::uint64_t>(error) > 0 && !error;
    case kind::number:
      return found.is_number();
    case kind::text:
      return found.is_string();
    case kind::list:
      return found.is_array() && !found.get_array().empty();
    case kind::load:
      return found.is_object();
  }
  return false;
}

std::string shown(const json::value& found) {
  constexpr std::size_t longest = 60;
  auto text = json::serialize(found);
  if (text.size() > longest) text = text.substr(0, longest).append("...");
  return text;
}

/// Of `found`, which is at `where`, by what is expected at `path` below it.
std::string mistake_at(const json::value& found, std::string_view path, kind expected, const std::string& where) {
  const auto wrong = [&](std::string_view wanted) {
    return where + ": " + shown(found) + ": expected " + std::string(wanted);
  };
  if (path.empty()) {
    if (!is(expected, found)) return wrong(words(expected));
    for (const auto& one : expected == kind::load ? rules_of_a_load() : std::vector<rule>()) {
      if (auto mistake = mistake_at(found, one.path, one.expected, where); !mistake.empty()) return mistake;
    }
    return {};
  }
  const auto dot = std::min(path.find('.'), path.size());
  auto key = path.substr(0, dot);
  const auto rest = path.substr(std::min(dot + 1, path.size()));
  const auto at = [&](std::string_view name) {
    return std::string(where).append(where.empty() ? "" : ".").append(name);
  };
  const auto below = [&](std::string_view name, const json::value& value) {
    return mistake_at(value, rest, expected, at(name));
  };
  if (key == "#") {
    if (!found.is_array()) return wrong("a list");
    for (std::size_t i = 0; i != found.get_array().size(); ++i) {
      if (auto mistake = below(std::to_string(i), found.get_array()[i]); !mistake.empty()) return mistake;
    }
    return {};
  }
  if (!found.is_object()) return wrong("an object");
  if (key == "*") {
    for (const auto& [name, value] : found.get_object()) {
      if (auto mistake = below(name, value); !mistake.empty()) return mistake;
    }
    return {};
  }
  const bool optional = key.ends_with('?');
  if (optional) key.remove_suffix(1);
  if (const auto* value = found.get_object().if_contains(key)) return below(key, *value);
  if (optional) return {};
  const char* wanted = rest.empty() ? words(expected) : rest.front() == '#' ? "a list" : "an object";
  return at(key).append(": missing: expected ").append(wanted);
}

}  // namespace

std::string mistake_in(std::string_view step, const json::value& measured) {
  const auto& all = shapes();
  const auto of_step = std::find_if(all.begin(), all.end(), [&](const shape& one) {
    return one.step.ends_with('-') ? step.starts_with(one.step) : step == one.step;
  });
  if (of_step == all.end()) return {};
  for (const auto& one : of_step->rules) {
    if (auto mistake = mistake_at(measured, one.path, one.expected, {}); !mistake.empty()) return mistake;
  }
  return {};
}

}  // namespace canaryctl
