// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/rollout.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace canaryctl {
namespace json = boost::json;

namespace {

constexpr std::size_t longest_shown = 60;

constexpr std::array<std::string_view, 11> phases{"Initializing",     "Initialized", "Waiting",    "Progressing",
                                                  "WaitingPromotion", "Promoting",   "Finalising", "Succeeded",
                                                  "Failed",           "Terminating", "Terminated"};

std::string shown(const json::value& value) {
  auto text = json::serialize(value);
  if (text.size() > longest_shown) text = text.substr(0, longest_shown) + "...";
  return text;
}

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

/// An object's name in Kubernetes (RFC 1123); also what makes it safe inside a query.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
}

bool is_word(std::string_view text, std::size_t longest) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '.' || c == '_' || c == '+' || c == '-';
         });
}

parse_error wrong(std::string_view member, const json::value& found, std::string_view expected) {
  return {std::string(member) + ": " + shown(found) + ": expected " + std::string(expected)};
}

parse_error missing(std::string_view member, std::string_view expected) {
  return {std::string(member) + ": missing: expected " + std::string(expected)};
}

boost::system::result<json::object, parse_error> parse_object(std::string_view body) {
  json::error_code error;
  json::parse_options limits;
  limits.max_depth = 8;
  auto value = json::parse({body.data(), body.size()}, error, {}, limits);
  if (error) return parse_error{"body: not JSON (" + error.message() + "): expected an object"};
  if (!value.is_object()) return wrong("body", value, "an object");
  return std::move(value.get_object());
}

/// The text of a member; "" where it is missing.
std::optional<parse_error> read_text(const json::object& from, std::string_view member, std::string& to) {
  const auto* found = from.if_contains({member.data(), member.size()});
  if (found == nullptr || found->is_null()) return std::nullopt;
  if (!found->is_string()) return wrong(member, *found, "text");
  to = std::string(found->get_string());
  return std::nullopt;
}

std::optional<parse_error> check(const rollout_call& call, std::string_view prefix) {
  constexpr std::string_view a_name = "a name of Kubernetes: 1 to 253 of a-z 0-9 - .";
  constexpr std::string_view a_word = "at most 64 of A-Z a-z 0-9 . _ + -";
  const std::array<std::pair<std::string_view, const std::string*>, 2> names{
      {{"name", &call.key.name}, {"namespace", &call.key.name_space}}};
  for (const auto& [member, text] : names) {
    if (text->empty()) return missing(member, a_name);
    if (!is_name(*text)) return wrong(member, json::string(*text), a_name);
  }
  if (call.key.checksum.empty()) return missing("checksum", "what tells this rollout from others of the same name");
  if (!is_word(call.key.checksum, 128)) {
    return wrong("checksum", json::string(call.key.checksum), "at most 128 of A-Z a-z 0-9 . _ + -");
  }
  const std::array<std::pair<std::string_view, const std::string*>, 2> words{
      {{"version", &call.key.version}, {"config", &call.key.config}}};
  for (const auto& [member, text] : words) {
    if (!is_word(*text, 64)) return wrong(std::string(prefix) + std::string(member), json::string(*text), a_word);
  }
  if (!call.key.config.empty() && call.key.version.empty()) {
    return missing(std::string(prefix) + "version", "the version that has this config");
  }
  return std::nullopt;
}

}  // namespace

std::string to_string(const rollout_key& key) { return key.name_space + "/" + key.name + " (" + key.checksum + ")"; }

std::string fill_in(std::string text, const rollout_key& key) {
  const std::pair<std::string_view, const std::string*> holes[] = {{"{namespace}", &key.name_space},
                                                                   {"{name}", &key.name}};
  for (const auto& [hole, value] : holes) {
    for (auto at = text.find(hole); at != std::string::npos; at = text.find(hole, at + value->size())) {
      text.replace(at, hole.size(), *value);
    }
  }
  return text;
}

boost::system::result<rollout_call, parse_error> parse_flagger(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  rollout_call call;
  const std::array<std::pair<std::string_view, std::string*>, 4> members{{{"name", &call.key.name},
                                                                          {"namespace", &call.key.name_space},
                                                                          {"phase", &call.phase},
                                                                          {"checksum", &call.key.checksum}}};
  for (const auto& [member, to] : members) {
    if (auto error = read_text(*object, member, *to)) return *error;
  }
  if (call.phase.empty()) return missing("phase", "a phase of Flagger's Canary, such as Progressing");
  if (std::find(phases.begin(), phases.end(), call.phase) == phases.end()) {
    return wrong("phase", json::string(call.phase), "a phase of Flagger's Canary, such as Progressing");
  }
  if (const auto* metadata = object->if_contains("metadata"); metadata != nullptr && !metadata->is_null()) {
    if (!metadata->is_object()) return wrong("metadata", *metadata, "an object of texts");
    for (const auto& [name, value] : metadata->get_object()) {
      if (!value.is_string()) return wrong("metadata." + std::string(name), value, "text");
    }
    read_text(metadata->get_object(), "version", call.key.version);
    read_text(metadata->get_object(), "config", call.key.config);
  }
  if (auto error = check(call, "metadata.")) return *error;
  return call;
}

boost::system::result<rollout_call, parse_error> parse_fields(const std::map<std::string, std::string>& fields) {
  rollout_call call;
  const auto take = [&fields](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  };
  call.key = {take("namespace"), take("name"), take("checksum"), take("version"), take("config")};
  if (auto error = check(call, "")) return *error;
  return call;
}

boost::system::result<std::map<std::string, std::string>, parse_error> text_members(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return object.error();
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : *object) {
    if (!value.is_string()) return wrong(std::string(name), value, "text");
    fields.emplace(std::string(name), std::string(value.get_string()));
  }
  return fields;
}

}  // namespace canaryctl
