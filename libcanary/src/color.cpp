// SPDX-License-Identifier: BSL-1.0
#include <canary/color.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace canary {

namespace {

struct named {
  std::string_view name;
  std::uint32_t value;
};

// Sorted by name.
constexpr std::array names{
    named{"aliceblue", 0xf0f8ff},
    named{"antiquewhite", 0xfaebd7},
    named{"aqua", 0x00ffff},
    named{"aquamarine", 0x7fffd4},
    named{"azure", 0xf0ffff},
    named{"beige", 0xf5f5dc},
    named{"bisque", 0xffe4c4},
    named{"black", 0x000000},
    named{"blanchedalmond", 0xffebcd},
    named{"blue", 0x0000ff},
    named{"blueviolet", 0x8a2be2},
    named{"brown", 0xa52a2a},
    named{"burlywood", 0xdeb887},
    named{"cadetblue", 0x5f9ea0},
    named{"chartreuse", 0x7fff00},
    named{"chocolate", 0xd2691e},
    named{"coral", 0xff7f50},
    named{"cornflowerblue", 0x6495ed},
    named{"cornsilk", 0xfff8dc},
    named{"crimson", 0xdc143c},
    named{"cyan", 0x00ffff},
    named{"darkblue", 0x00008b},
    named{"darkcyan", 0x008b8b},
    named{"darkgoldenrod", 0xb8860b},
    named{"darkgray", 0xa9a9a9},
    named{"darkgreen", 0x006400},
    named{"darkgrey", 0xa9a9a9},
    named{"darkkhaki", 0xbdb76b},
    named{"darkmagenta", 0x8b008b},
    named{"darkolivegreen", 0x556b2f},
    named{"darkorange", 0xff8c00},
    named{"darkorchid", 0x9932cc},
    named{"darkred", 0x8b0000},
    named{"darksalmon", 0xe9967a},
    named{"darkseagreen", 0x8fbc8f},
    named{"darkslateblue", 0x483d8b},
    named{"darkslategray", 0x2f4f4f},
    named{"darkslategrey", 0x2f4f4f},
    named{"darkturquoise", 0x00ced1},
    named{"darkviolet", 0x9400d3},
    named{"deeppink", 0xff1493},
    named{"deepskyblue", 0x00bfff},
    named{"dimgray", 0x696969},
    named{"dimgrey", 0x696969},
    named{"dodgerblue", 0x1e90ff},
    named{"firebrick", 0xb22222},
    named{"floralwhite", 0xfffaf0},
    named{"forestgreen", 0x228b22},
    named{"fuchsia", 0xff00ff},
    named{"gainsboro", 0xdcdcdc},
    named{"ghostwhite", 0xf8f8ff},
    named{"gold", 0xffd700},
    named{"goldenrod", 0xdaa520},
    named{"gray", 0x808080},
    named{"green", 0x008000},
    named{"greenyellow", 0xadff2f},
    named{"grey", 0x808080},
    named{"honeydew", 0xf0fff0},
    named{"hotpink", 0xff69b4},
    named{"indianred", 0xcd5c5c},
    named{"indigo", 0x4b0082},
    named{"ivory", 0xfffff0},
    named{"khaki", 0xf0e68c},
    named{"lavender", 0xe6e6fa},
    named{"lavenderblush", 0xfff0f5},
    named{"lawngreen", 0x7cfc00},
    named{"lemonchiffon", 0xfffacd},
    named{"lightblue", 0xadd8e6},
    named{"lightcoral", 0xf08080},
    named{"lightcyan", 0xe0ffff},
    named{"lightgoldenrodyellow", 0xfafad2},
    named{"lightgray", 0xd3d3d3},
    named{"lightgreen", 0x90ee90},
    named{"lightgrey", 0xd3d3d3},
    named{"lightpink", 0xffb6c1},
    named{"lightsalmon", 0xffa07a},
    named{"lightseagreen", 0x20b2aa},
    named{"lightskyblue", 0x87cefa},
    named{"lightslategray", 0x778899},
    named{"lightslategrey", 0x778899},
    named{"lightsteelblue", 0xb0c4de},
    named{"lightyellow", 0xffffe0},
    named{"lime", 0x00ff00},
    named{"limegreen", 0x32cd32},
    named{"linen", 0xfaf0e6},
    named{"magenta", 0xff00ff},
    named{"maroon", 0x800000},
    named{"mediumaquamarine", 0x66cdaa},
    named{"mediumblue", 0x0000cd},
    named{"mediumorchid", 0xba55d3},
    named{"mediumpurple", 0x9370db},
    named{"mediumseagreen", 0x3cb371},
    named{"mediumslateblue", 0x7b68ee},
    named{"mediumspringgreen", 0x00fa9a},
    named{"mediumturquoise", 0x48d1cc},
    named{"mediumvioletred", 0xc71585},
    named{"midnightblue", 0x191970},
    named{"mintcream", 0xf5fffa},
    named{"mistyrose", 0xffe4e1},
    named{"moccasin", 0xffe4b5},
    named{"navajowhite", 0xffdead},
    named{"navy", 0x000080},
    named{"oldlace", 0xfdf5e6},
    named{"olive", 0x808000},
    named{"olivedrab", 0x6b8e23},
    named{"orange", 0xffa500},
    named{"orangered", 0xff4500},
    named{"orchid", 0xda70d6},
    named{"palegoldenrod", 0xeee8aa},
    named{"palegreen", 0x98fb98},
    named{"paleturquoise", 0xafeeee},
    named{"palevioletred", 0xdb7093},
    named{"papayawhip", 0xffefd5},
    named{"peachpuff", 0xffdab9},
    named{"peru", 0xcd853f},
    named{"pink", 0xffc0cb},
    named{"plum", 0xdda0dd},
    named{"powderblue", 0xb0e0e6},
    named{"purple", 0x800080},
    named{"rebeccapurple", 0x663399},
    named{"red", 0xff0000},
    named{"rosybrown", 0xbc8f8f},
    named{"royalblue", 0x4169e1},
    named{"saddlebrown", 0x8b4513},
    named{"salmon", 0xfa8072},
    named{"sandybrown", 0xf4a460},
    named{"seagreen", 0x2e8b57},
    named{"seashell", 0xfff5ee},
    named{"sienna", 0xa0522d},
    named{"silver", 0xc0c0c0},
    named{"skyblue", 0x87ceeb},
    named{"slateblue", 0x6a5acd},
    named{"slategray", 0x708090},
    named{"slategrey", 0x708090},
    named{"snow", 0xfffafa},
    named{"springgreen", 0x00ff7f},
    named{"steelblue", 0x4682b4},
    named{"tan", 0xd2b48c},
    named{"teal", 0x008080},
    named{"thistle", 0xd8bfd8},
    named{"tomato", 0xff6347},
    named{"turquoise", 0x40e0d0},
    named{"violet", 0xee82ee},
    named{"wheat", 0xf5deb3},
    named{"white", 0xffffff},
    named{"whitesmoke", 0xf5f5f5},
    named{"yellow", 0xffff00},
    named{"yellowgreen", 0x9acd32},
};
static_assert(names.size() == 148);
static_assert(std::ranges::is_sorted(names, {}, &named::name));

constexpr std::size_t longest = std::ranges::max(names, {}, [](const named& n) { return n.name.size(); }).name.size();

rgb split(std::uint32_t value) noexcept {
  return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value)};
}

std::optional<rgb> hexadecimal(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  const auto* end = digits.data() + digits.size();
  if (const auto r = std::from_chars(digits.data(), end, value, 16); r.ec != std::errc{} || r.ptr != end) return {};
  if (digits.size() == 6) return split(value);
  const auto twice = [value](int shift) { return ((value >> shift) & 0xfU) * 0x11U; };
  return split(twice(8) << 16 | twice(4) << 8 | twice(0));
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<rgb> color_rgb(std::string_view text) noexcept {
  if (text.starts_with('#')) {
    text.remove_prefix(1);
    return text.size() == 3 || text.size() == 6 ? hexadecimal(text) : std::nullopt;
  }
  if (text.empty() || text.size() > longest) return {};
  std::array<char, longest> buffer{};
  std::ranges::transform(text, buffer.begin(), lower);
  const std::string_view name(buffer.data(), text.size());
  const auto at = std::ranges::lower_bound(names, name, {}, &named::name);
  return at != names.end() && at->name == name ? std::optional(split(at->value)) : std::nullopt;
}

}  // namespace canary
