// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace canary {

/// An sRGB colour, 8 bits a channel.
struct rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend bool operator==(const rgb&, const rgb&) = default;
};

/// The colour of a CSS name (the 148 of CSS Color Module Level 4, any case), `#rgb` or `#rrggbb`; none for anything
/// else, so that a checked colour can be put into a style sheet.
[[nodiscard]] std::optional<rgb> color_rgb(std::string_view text) noexcept;

}  // namespace canary
