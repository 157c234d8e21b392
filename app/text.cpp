// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <boost/locale/utf.hpp>

#include <cstdint>
#include <iterator>

namespace canary_app {

namespace utf = boost::locale::utf;
using utf8 = utf::utf_traits<char>;

bool is_utf8(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;)
    if (!utf::is_valid_codepoint(utf8::decode(at, end))) return false;
  return true;
}

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (const char c : text) utf8::encode(static_cast<unsigned char>(c), std::back_inserter(out));
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? std::uint32_t{static_cast<unsigned char>(bytes[i + k])} : 0U;
    };
    const std::uint32_t group = byte(0) << 16 | byte(1) << 8 | byte(2);
    const auto have = bytes.size() - i;
    out += digits[group >> 18];
    out += digits[group >> 12 & 63];
    out += have > 1 ? digits[group >> 6 & 63] : '=';
    out += have > 2 ? digits[group & 63] : '=';
  }
  return out;
}

}  // namespace canary_app
