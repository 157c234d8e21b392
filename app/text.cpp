// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <cstdint>

namespace canary_app {

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&text](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
    const unsigned lead = at(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    unsigned low = 0x80;
    unsigned high = 0xbf;
    std::size_t more = 1;
    if (lead >= 0xc2 && lead <= 0xdf) {
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    for (std::size_t k = 1; k <= more; ++k, low = 0x80, high = 0xbf)
      if (at(i + k) < low || at(i + k) > high) return false;
    i += more + 1;
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
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
