// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/smoke_checks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace canaryctl {
namespace json = boost::json;

namespace {

constexpr const char* echo_mark = "canaryctl-smoke";
constexpr const char* echo_body = "the body that comes back: \"\xc3\xa4\" \\ <>&";

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  constexpr std::size_t limit = 120;
  return text.size() <= limit ? text : text.substr(0, limit) + "... (" + std::to_string(text.size()) + " bytes)";
}

void add(std::vector<smoke_check>& out, std::string name, bool passed, std::string expected, std::string found) {
  out.push_back({std::move(name), passed, std::move(expected), one_line(std::move(found))});
}

std::string described(const exchange_result& got) {
  if (got.result != outcome::answered) return std::string(to_string(got.result)) + ": " + got.error;
  return "status " + std::to_string(got.response.status);
}

bool check_status(const std::string& name, const exchange_result& got, std::vector<smoke_check>& out) {
  const bool passed = got.result == outcome::answered && got.response.status == 200;
  auto found = described(got);
  if (!passed && !got.response.body.empty()) found += ": " + got.response.body;
  add(out, name + ".status", passed, "status 200", std::move(found));
  return passed;
}

void check_type(const std::string& name, const exchange_result& got, const std::string& type,
                std::vector<smoke_check>& out) {
  const auto* field = got.response.find("Content-Type");
  add(out, name + ".content_type", field != nullptr && field->starts_with(type), type,
      field == nullptr ? "no Content-Type" : *field);
}

std::optional<json::object> read_object(const std::string& name, const exchange_result& got,
                                        std::vector<smoke_check>& out) {
  if (!check_status(name, got, out)) return std::nullopt;
  check_type(name, got, "application/json", out);
  json::error_code error;
  auto document = json::parse(got.response.body, error);
  if (!error && document.is_object()) return std::move(document.get_object());
  add(out, name + ".json", false, "a JSON object", got.response.body);
  return std::nullopt;
}

/// A string member; with `want` empty any string will do.
void check_text(const std::string& name, const json::object& object, const char* key, const std::string& want,
                bool may_be_empty, std::vector<smoke_check>& out) {
  const auto* value = object.if_contains(key);
  const bool is_text = value != nullptr && value->is_string();
  const std::string text = is_text ? value->get_string().c_str() : "";
  const bool passed = is_text && (want.empty() ? may_be_empty || !text.empty() : text == want);
  const auto any = may_be_empty ? "a string" : "a string, not empty";
  add(out, name + "." + key, passed, want.empty() ? any : want,
      value == nullptr ? "missing"
      : is_text        ? text
                       : json::serialize(*value));
}

}  // namespace

void check_page(const exchange_result& page, const smoke_expectation& want, std::vector<smoke_check>& out) {
  if (!check_status("page", page, out)) return;
  check_type("page", page, "text/html", out);
  const auto contains = [&](const std::string& text) { return page.response.body.find(text) != std::string::npos; };
  for (const auto& [key, text] : {std::pair{"version", want.version}, std::pair{"color", want.color}}) {
    if (text.empty()) continue;
    add(out, std::string("page.") + key, contains(text), "'" + text + "' on the page",
        contains(text) ? "there" : "not in " + std::to_string(page.response.body_bytes) + " bytes of HTML");
  }
}

void check_info(const exchange_result& info, const smoke_expectation& want, std::vector<smoke_check>& out) {
  const auto object = read_object("api_info", info, out);
  if (!object) return;
  check_text("api_info", *object, "version", want.version, false, out);
  check_text("api_info", *object, "color", want.color, false, out);
  check_text("api_info", *object, "track", want.track, false, out);
  check_text("api_info", *object, "revision", {}, true, out);
  check_text("api_info", *object, "config", want.config, true, out);
  check_text("api_info", *object, "hostname", {}, false, out);
  const auto* uptime = object->if_contains("uptime_seconds");
  const bool counted = uptime != nullptr && uptime->is_number() && uptime->to_number<double>() >= 0;
  add(out, "api_info.uptime_seconds", counted, "a number, 0 or more",
      uptime == nullptr ? "missing" : json::serialize(*uptime));
}

http_request echo_request() {
  return {"POST", {{"X-Canary-Smoke", echo_mark}, {"Content-Type", "text/plain; charset=utf-8"}}, echo_body};
}

void check_echo(const exchange_result& echo, std::vector<smoke_check>& out) {
  const auto object = read_object("api_echo", echo, out);
  if (!object) return;
  check_text("api_echo", *object, "method", "POST", false, out);
  check_text("api_echo", *object, "body", echo_body, false, out);
  const auto* headers = object->if_contains("headers");
  const auto text = headers == nullptr ? std::string("missing") : json::serialize(*headers);
  add(out, "api_echo.headers", text.find(echo_mark) != std::string::npos, "X-Canary-Smoke: " + std::string(echo_mark),
      text);
}

void check_probe(const std::string& name, const exchange_result& probe, std::vector<smoke_check>& out) {
  check_status(name, probe, out);
}

}  // namespace canaryctl
