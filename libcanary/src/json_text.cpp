// SPDX-License-Identifier: BSL-1.0
#include "json_text.hpp"

#include <boost/locale/utf.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace canary::detail {

namespace {

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out.append("\\u00").append(1, digits[c >> 4]).append(1, digits[c & 0xfU]);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  namespace utf = boost::locale::utf;
  out += '"';
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const auto c = static_cast<unsigned char>(*at);
    const char* next = at;
    if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
      append_escaped(out, c);
      ++at;
    } else if (utf::is_valid_codepoint(utf::utf_traits<char>::decode(next, end))) {
      out.append(at, next);
      at = next;
    } else {
      out += "\xef\xbf\xbd";
      ++at;
    }
  }
  out += '"';
}

void append_json_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> buffer{};
  const auto r = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), r.ptr);
}

void append_rfc3339(std::string& out, std::chrono::system_clock::time_point t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss time(floor<microseconds>(t - day));
  std::array<char, 40> buffer{};
  const int n =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  out.append(buffer.data(), static_cast<std::size_t>(n));
}

}  // namespace canary::detail
