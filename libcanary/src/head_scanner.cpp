// SPDX-License-Identifier: BSL-1.0
#include "head_scanner.hpp"

#include "characters.hpp"

#include <charconv>
#include <cstring>
#include <limits>

namespace canary::detail {
namespace {

/// Takes the first element of a comma-separated list, without the blanks around it.
std::string_view take_element(std::string_view& list) noexcept {
  const auto comma = list.find(',');
  const auto element = trim(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return element;
}

constexpr std::size_t longest_method = 64;

}  // namespace

void head_scanner::reset() noexcept {
  auto kept = std::move(fields_);
  kept.clear();
  *this = head_scanner(limits_);
  fields_ = std::move(kept);
}

head_scanner::state head_scanner::fail(unsigned status, const char* detail) noexcept {
  error_status_ = status;
  error_detail_ = detail;
  return state::bad;
}

head_scanner::state head_scanner::too_big() noexcept {
  return has_request_line_ ? fail(431, "the head is larger than this server takes")
                           : fail(414, "the request line is longer than this server takes");
}

head_scanner::span head_scanner::at(std::string_view part) const noexcept {
  return {static_cast<std::uint32_t>(part.data() - data_), static_cast<std::uint32_t>(part.size())};
}

head_scanner::state head_scanner::scan(const char* data, std::size_t size) {
  data_ = data;
  const std::size_t end = size < limits_.head ? size : limits_.head;
  while (searched_ < end) {
    const auto* feed = static_cast<const char*>(std::memchr(data + searched_, '\n', end - searched_));
    if (!feed) {
      searched_ = end;
      break;
    }
    const auto length = static_cast<std::size_t>(feed - (data + line_));
    if (length == 0 || feed[-1] != '\r') return fail(400, "a line of the head does not end with CR LF");
    const std::string_view line(data + line_, length - 1);
    line_ += length + 1;
    searched_ = line_;
    if (!has_request_line_) {
      if (!request_line(line)) return state::bad;
      has_request_line_ = true;
    } else if (line.empty()) {
      return finish() ? state::done : state::bad;
    } else if (!header_line(line)) {
      return state::bad;
    }
  }
  // What cannot become a request is answered before its line ends: a TLS hello has none.
  if (!has_request_line_)
    for (std::size_t i = 0; i < end && data[i] != ' '; ++i) {
      if (!is_token_char(data[i]) && !(data[i] == '\r' && i > 0)) return fail(400, "the method is not a token");
      if (i == longest_method) return fail(501, "the method is longer than any that this server knows");
    }
  return size >= limits_.head ? too_big() : state::more;
}

bool head_scanner::request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  const auto name = line.substr(0, first);
  if (name.size() > longest_method) return fail(501, "the method is longer than any that this server knows"), false;
  if (!is_token(name)) return fail(400, "the method is not a token"), false;
  method_ = to_method(name);
  method_name_ = at(name);
  if (first == std::string_view::npos || first == last)
    return fail(400, "the request line is not method, target and version"), false;

  const auto version = line.substr(last + 1);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !digit(version[5]) || version[6] != '.' ||
      !digit(version[7]))
    return fail(400, "the request line does not end with an HTTP version"), false;
  if (version[5] != '1') return fail(505, "this server speaks HTTP/1.1 and HTTP/1.0"), false;
  // A minor version above ours is answered as ours (RFC 9110, section 2.5).
  version_ = version[7] == '0' ? 10 : 11;

  const auto target = line.substr(first + 1, last - first - 1);
  for (const char c : target)
    if (!is_target_char(c)) return fail(400, "the target holds a character that no target may hold"), false;
  target_ = at(target);
  return target_form(target);
}

bool head_scanner::target_form(std::string_view target) {
  if (method_ == canary::method::connect) {
    path_ = at(target.substr(0, 0));
    return authority(target, true) || (fail(400, "the target of CONNECT is host and port"), false);
  }
  std::string_view path = target;
  if (target == "*") {
    if (method_ != canary::method::options) return fail(400, "the target * is for OPTIONS only"), false;
  } else if (target.empty() || target.front() != '/') {
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos ||
        !(ci_is_equal(target.substr(0, scheme), "http") || ci_is_equal(target.substr(0, scheme), "https")))
      return fail(400, "the target is neither a path nor an http URI"), false;
    path = target.substr(scheme + 3);
    const auto host = path.substr(0, path.find_first_of("/?"));
    if (host.empty() || !authority(host, false)) return fail(400, "the target's host is ill-formed"), false;
    path.remove_prefix(host.size());
  }
  const auto question = path.find('?');
  path_ = at(path.substr(0, question));
  query_ = question == std::string_view::npos ? at(path.substr(path.size())) : at(path.substr(question + 1));
  return true;
}

bool head_scanner::authority(std::string_view text, bool port_required) {
  std::size_t end = 0;
  if (!text.empty() && text.front() == '[') {
    end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    for (const char c : text.substr(1, end - 1))
      if (!is_ip_literal_char(c)) return false;
    ++end;
  } else {
    while (end < text.size() && text[end] != ':') {
      if (!is_host_char(text[end])) return false;
      ++end;
    }
  }
  if (end == text.size()) return !port_required;
  if (text[end] != ':' || (port_required && end == 0)) return false;
  const auto port = text.substr(end + 1);
  if (port.empty()) return !port_required;
  std::uint16_t number = 0;
  const auto [stop, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
  return ec == std::errc{} && stop == port.data() + port.size();
}

bool head_scanner::header_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return fail(400, "a folded header line"), false;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return fail(400, "a header line without a colon"), false;
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return fail(400, "a header field's name is not a token"), false;
  const auto value = trim(line.substr(colon + 1));
  if (!is_field_value(value)) return fail(400, "a header field's value holds a control character"), false;
  fields_.push_back({at(name), at(value)});
  return known_field(name, value);
}

bool head_scanner::known_field(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (!ci_is_equal(name, "host")) return true;
      if (++hosts_ > 1) return fail(400, "more than one Host"), false;
      return authority(value, false) || (fail(400, "Host is ill-formed"), false);
    case 6:
      if (!ci_is_equal(name, "expect")) return true;
      if (version_ == 10) return true;
      if (!ci_is_equal(value, "100-continue"))
        return fail(417, "this server knows the expectation 100-continue only"), false;
      return expect_continue_ = true;
    case 10:
      return !ci_is_equal(name, "connection") || connection_field(value);
    case 14:
      return !ci_is_equal(name, "content-length") || content_length_field(value);
    case 17:
      return !ci_is_equal(name, "transfer-encoding") || transfer_encoding_field(value);
    default:
      return true;
  }
}

bool head_scanner::content_length_field(std::string_view value) {
  if (has_length_) return fail(400, "more than one Content-Length"), false;
  has_length_ = true;
  if (value.empty()) return fail(400, "Content-Length is not a number"), false;
  for (const char c : value)
    if (c < '0' || c > '9') return fail(400, "Content-Length is not a number"), false;
  const auto [stop, ec] = std::from_chars(value.data(), value.data() + value.size(), content_length_);
  static_cast<void>(stop);
  if (ec != std::errc{}) content_length_ = std::numeric_limits<std::uint64_t>::max();
  return true;
}

bool head_scanner::transfer_encoding_field(std::string_view value) {
  if (has_coding_) return fail(400, "more than one Transfer-Encoding"), false;
  has_coding_ = true;
  if (version_ == 10) return fail(400, "Transfer-Encoding in HTTP/1.0"), false;
  if (ci_is_equal(value, "chunked")) return chunked_ = true;
  std::string_view last;
  unsigned chunked = 0;
  for (auto list = value; !list.empty();) {
    last = take_element(list);
    if (ci_is_equal(last, "chunked")) ++chunked;
  }
  // Behind any other last coding nobody can tell where the body ends (RFC 9112, section 6.3).
  if (!ci_is_equal(last, "chunked")) return fail(400, "the last transfer coding is not chunked"), false;
  if (chunked > 1) return fail(400, "chunked stands twice in Transfer-Encoding"), false;
  return fail(501, "the only transfer coding of this server is chunked"), false;
}

bool head_scanner::connection_field(std::string_view value) {
  while (!value.empty()) {
    const auto option = take_element(value);
    if (ci_is_equal(option, "close")) close_ = true;
    if (ci_is_equal(option, "keep-alive")) keep_alive_ = true;
  }
  return true;
}

bool head_scanner::finish() {
  if (hosts_ == 0 && version_ == 11) return fail(400, "no Host"), false;
  if (has_length_ && has_coding_) return fail(400, "both Content-Length and Transfer-Encoding"), false;
  if (content_length_ > limits_.body) return fail(413, "the body is larger than this server takes"), false;
  return true;
}

void head_scanner::fill(request& r, std::vector<field>& fields, const char* data) const {
  const auto view = [data](span s) { return std::string_view(data + s.begin, s.size); };
  r.method = method_;
  r.method_name = view(method_name_);
  r.target = view(target_);
  r.path = view(path_);
  // The path of `http://host` and `http://host?query` is empty and means the root.
  if (r.path.empty() && method_ != canary::method::connect) r.path = "/";
  r.query = view(query_);
  r.version = version_;
  fields.clear();
  for (const auto& f : fields_) fields.push_back({view(f.name), view(f.value)});
  r.fields = fields;
}

}  // namespace canary::detail
