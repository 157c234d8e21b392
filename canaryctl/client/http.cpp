// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/http.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>

namespace canaryctl {
namespace urls = boost::urls;

std::string_view to_string(outcome result) {
  switch (result) {
    case outcome::answered:
      return "answered";
    case outcome::refused:
      return "refused";
    case outcome::unreachable:
      return "unreachable";
    case outcome::reset:
      return "reset";
    case outcome::timeout:
      return "timeout";
    case outcome::cut:
      return "cut";
    case outcome::malformed:
      return "malformed";
    case outcome::unsent:
      return "unsent";
  }
  return "unknown";
}

namespace {

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

std::string host_field(const std::string& host, std::uint16_t port) {
  return port == 80 ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool same_name(std::string_view left, std::string_view right) { return boost::beast::iequals(left, right); }

}  // namespace

http_target http_target::with_target(std::string_view path_and_query) const {
  http_target other = *this;
  other.target = path_and_query;
  other.text = other.url();
  return other;
}

http_target http_target::with_port(std::uint16_t other_port) const {
  http_target other = *this;
  other.port = other_port;
  other.host_header = host_field(host, other_port);
  other.text = other.url();
  return other;
}

std::string http_target::url() const { return "http://" + host_field(host, port) + target; }

boost::system::result<http_target, parse_error> parse_target(std::string_view url) {
  const auto problem = [&](std::string_view what) {
    return parse_error{"'" + std::string(url) + "': " + std::string(what)};
  };
  const std::string expected = "expected http://host[:port][/path]";
  if (url.find("://") == std::string_view::npos) return problem("no scheme; " + expected);
  const auto parsed = urls::parse_uri(url);
  if (!parsed) return problem("no URL (" + parsed.error().message() + "); " + expected);
  if (same_name(parsed->scheme(), "https")) return problem("https is not supported; " + expected);
  if (!same_name(parsed->scheme(), "http")) return problem("unknown scheme; " + expected);
  if (parsed->has_userinfo()) return problem("a user name in the URL is not supported; send it with a header");
  if (parsed->has_fragment()) return problem("a fragment (#...) is never sent; leave it out");
  http_target target;
  target.text = url;
  target.host = parsed->host_address();
  if (target.host.empty()) return problem("no host; " + expected);
  if (!std::all_of(target.host.begin(), target.host.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; })) {
    return problem("white space or a control character in the host; " + expected);
  }
  if (parsed->has_port() && !parsed->port().empty()) {
    const std::string digits(parsed->port());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    if (error != std::errc() || target.port == 0) return problem("the port must be from 1 to 65535");
  }
  target.host_header = host_field(target.host, target.port);
  target.target = std::string(parsed->encoded_target());
  if (target.target.empty() || target.target.front() != '/') target.target.insert(0, 1, '/');
  return target;
}

std::string check_request(const http_request& request) {
  if (!is_token(request.method)) return "'" + request.method + "' is no method; expected letters such as GET";
  if (request.method == "CONNECT") return "the method CONNECT is not supported: it opens a tunnel, not a request";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return "'" + name + "' is no header name; expected letters, digits and dashes";
    for (const unsigned char c : value) {
      if ((c < 0x20 && c != '\t') || c == 0x7f) return "the value of " + name + " has a control character";
    }
    for (const auto* own : {"Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade"}) {
      if (same_name(name, own)) return "the header " + name + " is written by canaryctl itself and cannot be set";
    }
  }
  return {};
}

std::string serialise(const http_request& request, const http_target& target, bool keep_alive) {
  const auto given = [&](std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&](const http_field& field) { return same_name(field.name, name); });
  };
  std::string text = request.method + " " + target.target + " HTTP/1.1\r\n";
  // Host comes first, whoever wrote it (RFC 9110, 7.2).
  if (!given("Host")) text += "Host: " + target.host_header + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (same_name(name, "Host")) text += "Host: " + value + "\r\n";
  }
  if (!given("User-Agent")) text += "User-Agent: canaryctl/" CANARYCTL_VERSION "\r\n";
  if (!given("Accept")) text += "Accept: */*\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!same_name(name, "Host")) text += name + ": " + value + "\r\n";
  }
  if (!keep_alive) text += "Connection: close\r\n";
  const bool wants_length = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || wants_length) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "\r\n" + request.body;
}

const std::string* http_response::find(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const http_field& field) { return same_name(field.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

std::string version_of(const http_response& response) {
  if (const auto* field = response.find("X-Canary-Version"); field != nullptr && !field->empty()) return *field;
  boost::json::error_code error;
  const auto document = boost::json::parse(response.body, error);
  if (error || !document.is_object()) return {};
  const auto* version = document.get_object().if_contains("version");
  return version != nullptr && version->is_string() ? std::string(version->get_string()) : std::string();
}

}  // namespace canaryctl
