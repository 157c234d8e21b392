// SPDX-License-Identifier: BSL-1.0
#include <canary/fault.hpp>

#include "fault_limits.hpp"
#include "quantities.hpp"
#include "service_links.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace canary {

namespace {

namespace json = boost::json;
using namespace detail;

/// Reads one field into the settings; false if it does not take the value.
using reader = bool (*)(const json::value& v, fault_settings& s);

std::optional<std::string_view> text_of(const json::value& v) {
  const auto* s = v.if_string();
  return s ? std::optional(std::string_view(s->data(), s->size())) : std::nullopt;
}

/// A whole number that is written as one and not negative.
std::optional<std::uint64_t> whole(const json::value& v) {
  if (const auto* u = v.if_uint64()) return *u;
  if (const auto* i = v.if_int64(); i != nullptr && *i >= 0) return static_cast<std::uint64_t>(*i);
  return {};
}

bool read_error_rate(const json::value& v, fault_settings& s) {
  json::error_code ec;
  const auto rate = v.to_number<double>(ec);
  if (ec || !(rate >= 0 && rate <= 1)) return false;
  s.error_rate = rate;
  return true;
}

bool read_error_status(const json::value& v, fault_settings& s) {
  const auto status = whole(v);
  if (!status || *status < fault_status_min || *status > fault_status_max) return false;
  s.error_status = static_cast<unsigned>(*status);
  return true;
}

bool read_latency(const json::value& v, fault_settings& s) {
  const auto text = text_of(v);
  if (!text) return false;
  const auto l = parse_latency(*text);
  if (!l || l.value.max > fault_latency_max) return false;
  s.latency_min = l.value.min;
  s.latency_max = l.value.max;
  return true;
}

bool read_routes(const json::value& v, fault_settings& s) {
  const auto* list = v.if_array();
  if (list == nullptr) return false;
  for (const auto& entry : *list) {
    const auto route = text_of(entry);
    if (!route || !route->starts_with('/')) return false;
    s.routes.emplace_back(*route);
  }
  return true;
}

bool read_ttl(const json::value& v, fault_settings& s) {
  const auto text = text_of(v);
  if (!text) return false;
  const auto d = parse_duration(*text);
  const auto ttl = std::chrono::duration_cast<std::chrono::milliseconds>(d.value);
  if (!d || ttl != d.value || ttl < fault_ttl_min || ttl > fault_ttl_max) return false;
  s.ttl = ttl;
  return true;
}

bool read_seed(const json::value& v, fault_settings& s) {
  s.seed = whole(v);
  return s.seed.has_value();
}

struct member {
  std::string_view name;
  std::string_view takes;
  reader read;
};

constexpr std::array members{
    member{"error_rate", "a number from 0 to 1", read_error_rate},
    member{"error_status", "a whole number from 400 to 599", read_error_status},
    member{"latency", "a string as \"50ms\" or \"10ms..90ms\", at most \"10m\"", read_latency},
    member{"routes", "an array of path templates, each a string that begins with /", read_routes},
    member{"ttl", "a string as \"30s\", from \"1ms\" to \"24h\", in whole milliseconds", read_ttl},
    member{"seed", "a whole number from 0 to 18446744073709551615", read_seed},
};

std::string shown(const json::value& v) {
  constexpr std::size_t longest = 100;
  auto text = json::serialize(v);
  if (text.size() > longest) {
    // Not in the middle of a character.
    auto end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
    text += "…";
  }
  return text;
}

std::string unknown(std::string_view name) {
  const auto* nearest =
      std::ranges::min_element(members, {}, [name](const member& m) { return edit_distance(name, m.name); });
  std::string known;
  for (const auto& m : members) known.append(known.empty() ? "" : ", ").append(m.name);
  return shown(json::string(json::string_view(name.data(), name.size()))) + " is no known field; the nearest one is " +
         std::string(nearest->name) + " (known: " + known + ")";
}

}  // namespace

std::variant<fault_settings, std::string> parse_faults(std::string_view body) {
  json::error_code ec;
  const auto document = json::parse(json::string_view(body.data(), body.size()), ec);
  if (ec) return "the body is no JSON: " + ec.message();
  const auto* fields = document.if_object();
  if (fields == nullptr) return "the body takes a JSON object, not " + shown(document);

  fault_settings out;
  for (const auto& [key, value] : *fields) {
    const std::string_view name(key.data(), key.size());
    constexpr std::size_t longest_name = 64;
    const auto* known = std::ranges::find(members, name, &member::name);
    if (known == members.end()) return unknown(name.substr(0, longest_name));
    if (!known->read(value, out)) {
      return std::string(name) + " takes " + std::string(known->takes) + ", not " + shown(value);
    }
  }
  return out;
}

json::object to_json(const fault_settings& s) {
  json::array routes;
  for (const auto& r : s.routes) routes.emplace_back(r);
  json::object out{{"error_rate", s.error_rate},
                   {"error_status", s.error_status},
                   {"latency", format_latency({s.latency_min, s.latency_max})},
                   {"routes", std::move(routes)}};
  if (s.ttl) out["ttl"] = format_duration(*s.ttl);
  if (s.seed) out["seed"] = *s.seed;
  return out;
}

}  // namespace canary
