// SPDX-License-Identifier: BSL-1.0
#include "characters.hpp"

#include "head_scanner.hpp"

#include <algorithm>

namespace canary::detail {

bool equals_lower(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) noexcept { return std::all_of(text.begin(), text.end(), is_value_char); }

}  // namespace canary::detail
