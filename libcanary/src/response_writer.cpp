// SPDX-License-Identifier: BSL-1.0
#include "response_writer.hpp"

#include "characters.hpp"

#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>

namespace canary::detail {
namespace {

// Up to this size copying is cheaper than a second buffer in the system call, and answers can share one.
constexpr std::size_t small_body = 16 * 1024;

void append_number(std::string& out, std::size_t n) {
  std::array<char, 20> digits;
  const auto [end, ec] = std::to_chars(digits.data(), digits.data() + digits.size(), n);
  static_cast<void>(ec);
  out.append(digits.data(), end);
}

bool is_framing(std::string_view name) noexcept {
  return ci_is_equal(name, "date") || ci_is_equal(name, "connection") || ci_is_equal(name, "content-length") ||
         ci_is_equal(name, "transfer-encoding");
}

void append_status_line(std::string& out, unsigned status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
}

}  // namespace

const char* unsendable(const response& r) noexcept {
  if (r.status < 200 || r.status > 599) return "the handler's status is not between 200 and 599";
  if (!is_field_value(r.content_type)) return "the handler's content type holds a control character";
  for (const auto& [name, value] : r.fields) {
    if (!is_token(name)) return "the name of one of the handler's fields is not a token";
    if (!is_field_value(value)) return "the value of one of the handler's fields holds a control character";
  }
  return nullptr;
}

bool wants_close(const response& r) noexcept {
  for (const auto& [name, value] : r.fields)
    if (ci_is_equal(name, "connection") && ci_is_equal(value, "close")) return true;
  return false;
}

std::string_view write_response(std::string& out, const response& r, const framing& f) {
  const std::string_view body = r.body.empty() ? r.static_body : std::string_view(r.body);
  const bool bodiless = r.status == 204 || r.status == 304;
  append_status_line(out, r.status);
  out += f.date;
  if (!r.content_type.empty() && r.status != 204) {
    out += "Content-Type: ";
    out += r.content_type;
    out += "\r\n";
  }
  if (!bodiless) {
    out += "Content-Length: ";
    append_number(out, r.status == 205 ? 0 : body.size());
    out += "\r\n";
  }
  if (!f.keep_alive)
    out += "Connection: close\r\n";
  else if (f.version == 10)
    out += "Connection: keep-alive\r\n";
  for (const auto& [name, value] : r.fields) {
    if (is_framing(name)) continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!f.request_id.empty()) {
    out += "X-Request-Id: ";
    out += f.request_id;
    out += "\r\n";
  }
  out += f.extra;
  out += "\r\n";
  if (bodiless || f.head || r.status == 205) return {};
  if (body.size() > small_body) return body;
  out += body;
  return {};
}

void date_line::renew(std::time_t now) {
  second_ = now;
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  // strftime would write the day and the month in the locale's language.
  static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto two = [this](int n) {
    line_ += static_cast<char>('0' + n / 10);
    line_ += static_cast<char>('0' + n % 10);
  };
  line_ = "Date: ";
  line_ += days[static_cast<std::size_t>(parts.tm_wday)];
  line_ += ", ";
  two(parts.tm_mday);
  line_ += ' ';
  line_ += months[static_cast<std::size_t>(parts.tm_mon)];
  line_ += ' ';
  append_number(line_, static_cast<std::size_t>(parts.tm_year) + 1900);
  line_ += ' ';
  two(parts.tm_hour);
  line_ += ':';
  two(parts.tm_min);
  line_ += ':';
  two(parts.tm_sec);
  line_ += " GMT\r\n";
}

}  // namespace canary::detail
