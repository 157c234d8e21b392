// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/message.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace canaryctl::demo {
namespace {

bool same(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

/// Beast 1.81 reads "3, 3" as 3, and another reader may not.
bool all_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

constexpr std::array hop_by_hop = {
    "Connection",        "Keep-Alive",         "Proxy-Connection",   "TE", "Trailer", "Upgrade",
    "Transfer-Encoding", "Proxy-Authenticate", "Proxy-Authorization"};

/// The authority and the path of a request target in absolute form; false for every other form.
bool split_absolute(std::string_view target, std::string_view& authority, std::string_view& path) {
  constexpr std::string_view scheme = "http://";
  if (target.size() < scheme.size() || !same(target.substr(0, scheme.size()), scheme)) return false;
  target.remove_prefix(scheme.size());
  const auto end = std::min(target.find_first_of("/?"), target.size());
  authority = target.substr(0, end);
  path = target.substr(end);
  return true;
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

const std::string* message_head::find(std::string_view name) const {
  for (const auto& field : fields)
    if (same(field.name, name)) return &field.value;
  return nullptr;
}

std::size_t message_head::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const header_field& f) { return same(f.name, name); }));
}

template <bool IsRequest>
framing message_parser<IsRequest>::body_framing() const {
  if (this->is_done()) return framing::none;
  if (this->chunked()) return framing::chunked;
  if (this->content_length()) return framing::length;
  return IsRequest ? framing::none : framing::until_close;
}

template class message_parser<true>;
template class message_parser<false>;

refusal check_request(const message_head& head) {
  if (head.method == "CONNECT") return {501, "CONNECT is not supported: this is a reverse proxy"};
  const auto codings = head.count("Transfer-Encoding");
  const auto lengths = head.count("Content-Length");
  if (codings > 0 && lengths > 0) return {400, "Transfer-Encoding and Content-Length exclude each other"};
  if (lengths > 1) return {400, "Content-Length must not be repeated"};
  if (lengths > 0 && !all_digits(*head.find("Content-Length"))) return {400, "Content-Length must be a number"};
  if (codings > 0) {
    if (head.version < 11) return {400, "Transfer-Encoding needs HTTP/1.1"};
    if (codings > 1) return {400, "Transfer-Encoding must not be repeated"};
    if (!same(*head.find("Transfer-Encoding"), "chunked"))
      return {501, "the only transfer coding supported is chunked, alone"};
  }
  const auto hosts = head.count("Host");
  if (hosts > 1) return {400, "Host must not be repeated"};
  if (hosts == 0 && head.version >= 11) return {400, "HTTP/1.1 needs a Host field"};
  std::string_view authority, path;
  const bool absolute = split_absolute(head.target, authority, path);
  if (absolute ? authority.empty() : !(head.target.starts_with('/') || head.target == "*"))
    return {400, "the request target must be a path or an http:// URL"};
  if (head.target == "*" && head.method != "OPTIONS") return {400, "the target * is for OPTIONS only"};
  return {};
}

std::string check_response(const message_head& head) {
  const auto codings = head.count("Transfer-Encoding");
  const auto lengths = head.count("Content-Length");
  if (codings > 0 && lengths > 0) return "Transfer-Encoding beside Content-Length";
  if (lengths > 1) return "Content-Length repeated";
  if (lengths > 0 && !all_digits(*head.find("Content-Length"))) return "Content-Length is no number";
  if (codings > 1 || (codings == 1 && !same(*head.find("Transfer-Encoding"), "chunked")))
    return "a transfer coding other than chunked";
  if (codings > 0 && head.version < 11) return "Transfer-Encoding in HTTP/1.0";
  return {};
}

std::vector<header_field> end_to_end_fields(const message_head& head, bool keep_length) {
  std::vector<std::string> named;
  for (const auto& field : head.fields)
    if (same(field.name, "Connection"))
      for (const auto token : boost::beast::http::token_list{field.value})
        named.emplace_back(token.data(), token.size());
  std::vector<header_field> kept;
  for (const auto& field : head.fields) {
    const auto is_field = [&](std::string_view name) { return same(field.name, name); };
    if (std::any_of(hop_by_hop.begin(), hop_by_hop.end(), is_field)) continue;
    if (same(field.name, "Content-Length")) {
      if (keep_length) kept.push_back(field);  // a Connection field cannot take the framing away
      continue;
    }
    // A Connection field that names Host must not cost the request its Host.
    if (!same(field.name, "Host") && std::any_of(named.begin(), named.end(), is_field)) continue;
    kept.push_back(field);
  }
  return kept;
}

std::string forwarded_request(const message_head& head, framing body, std::string_view peer) {
  std::string_view authority, path = head.target;
  std::string rewritten;
  const bool absolute = split_absolute(head.target, authority, path);
  if (absolute && !path.starts_with('/')) {
    // RFC 9112 section 3.2.4: OPTIONS on an authority without a path asks about the server as a whole.
    rewritten = path.empty() && head.method == "OPTIONS" ? "*" : "/" + std::string(path);
    path = rewritten;
  }
  std::string out;
  out.reserve(512);
  out.append(head.method).append(" ").append(path).append(" HTTP/1.1\r\n");
  std::string forwarded_for, via;
  bool has_host = false;
  if (absolute) {
    append(out, "Host", authority);
    has_host = true;
  }
  // The length is kept even when it is 0: some methods need one (RFC 9110 section 8.6).
  for (const auto& field : end_to_end_fields(head, body != framing::chunked)) {
    if (same(field.name, "Host")) {
      if (absolute) continue;
      has_host = true;
    } else if (same(field.name, "X-Forwarded-For")) {
      forwarded_for.append(forwarded_for.empty() ? "" : ", ").append(field.value);
      continue;
    } else if (same(field.name, "X-Forwarded-Proto")) {
      continue;  // this proxy is the edge: it knows
    } else if (same(field.name, "Via")) {
      via.append(via.empty() ? "" : ", ").append(field.value);
      continue;
    } else if (same(field.name, "Expect") && head.version < 11) {
      continue;  // an HTTP/1.0 client would not understand the interim answer
    }
    append(out, field.name, field.value);
  }
  if (!has_host) append(out, "Host", "");
  if (body == framing::chunked) append(out, "Transfer-Encoding", "chunked");
  append(out, "X-Forwarded-For", (forwarded_for.empty() ? "" : forwarded_for + ", ") + std::string(peer));
  append(out, "X-Forwarded-Proto", "http");
  append(out, "Via", (via.empty() ? "" : via + ", ") + (head.version < 11 ? "1.0" : "1.1") + " canaryctl");
  out.append("\r\n");
  return out;
}

std::string forwarded_response(const message_head& head, framing body, int client_version, bool close) {
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ").append(head.reason).append("\r\n");
  const bool interim = head.status / 100 == 1;
  const bool no_length = interim || head.status == 204;
  std::string via;
  for (const auto& field : end_to_end_fields(head, !no_length && body != framing::chunked)) {
    if (same(field.name, "Via")) {
      via.append(via.empty() ? "" : ", ").append(field.value);
      continue;
    }
    append(out, field.name, field.value);
  }
  if (!interim) {
    append(out, "Via", (via.empty() ? "" : via + ", ") + (head.version < 11 ? "1.0" : "1.1") + " canaryctl");
    if (body == framing::chunked) append(out, "Transfer-Encoding", "chunked");
    if (close)
      append(out, "Connection", "close");
    else if (client_version < 11)
      append(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
  return out;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 408:
      return "Request Timeout";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
  }
  return "Error";
}

std::string own_response(unsigned status, std::string_view detail, bool close, bool with_body) {
  const auto body = boost::json::serialize(boost::json::value{
      {"type", "about:blank"}, {"title", reason_of(status)}, {"status", status}, {"detail", detail}});
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  append(out, "Content-Type", "application/problem+json");
  append(out, "Content-Length", std::to_string(body.size()));
  if (close) append(out, "Connection", "close");
  out.append("\r\n");
  if (with_body) out.append(body);
  return out;
}

}  // namespace canaryctl::demo
