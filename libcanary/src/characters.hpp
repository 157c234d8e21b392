// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/url/grammar/ci_string.hpp>

#include <array>
#include <string_view>

namespace canary::detail {

using boost::urls::grammar::ci_is_equal;

/// Classes of bytes in a message head (RFC 9110 and RFC 9112; RFC 3986 for targets).
enum character_class : unsigned char {
  token_class = 1,
  value_class = 2,
  target_class = 4,
  host_class = 8,
  literal_class = 16
};

inline constexpr auto character_classes = [] {
  std::array<unsigned char, 256> table{};
  const auto add = [&table](std::string_view set, unsigned char c) {
    for (const char x : set) table[static_cast<unsigned char>(x)] |= c;
  };
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view digits = "0123456789";
  for (const auto set : {letters, digits}) add(set, token_class | host_class);
  add("!#$%&'*+-.^_`|~", token_class);
  add("-._~%!$&'()*+,;=", host_class);
  add("0123456789abcdefABCDEFv.:", literal_class);
  for (unsigned c = 0x20; c < 0x100; ++c)
    if (c != 0x7f) table[c] |= value_class;
  table['\t'] |= value_class;
  // Browsers send some characters unescaped that RFC 3986 would not; none of them can change the framing.
  for (unsigned c = 0x21; c < 0x7f; ++c)
    if (c != '#') table[c] |= target_class;
  return table;
}();

constexpr bool has_class(char c, character_class k) noexcept {
  return (character_classes[static_cast<unsigned char>(c)] & k) != 0;
}
constexpr bool is_token_char(char c) noexcept { return has_class(c, token_class); }
constexpr bool is_value_char(char c) noexcept { return has_class(c, value_class); }
constexpr bool is_target_char(char c) noexcept { return has_class(c, target_class); }
constexpr bool is_host_char(char c) noexcept { return has_class(c, host_class); }
constexpr bool is_ip_literal_char(char c) noexcept { return has_class(c, literal_class); }

/// A token of RFC 9110, section 5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
/// Whether a field value may be sent or received: visible characters, blanks, tabs, bytes above 0x7f.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;
/// Without the blanks and tabs around it.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace canary::detail
