// SPDX-License-Identifier: BSL-1.0
#include "page.hpp"

#include "assets.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace canary_app {
namespace {

double luminance(canary::rgb c) {
  const auto linear = [](std::uint8_t channel) {
    const double s = channel / 255.0;
    return s <= 0.03928 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

std::string format_uptime(long long seconds) {
  std::string text;
  if (seconds >= 86'400) text += std::to_string(seconds / 86'400) + " d ";
  if (seconds >= 3'600) text += std::to_string(seconds / 3'600 % 24) + " h ";
  if (seconds >= 60) text += std::to_string(seconds / 60 % 60) + " min ";
  return text + std::to_string(seconds % 60) + " s";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

double contrast(canary::rgb a, canary::rgb b) {
  const auto [dark, light] = std::minmax({luminance(a), luminance(b)});
  return (light + 0.05) / (dark + 0.05);
}

std::string_view text_color(canary::rgb background) {
  return contrast(background, {0, 0, 0}) >= contrast(background, {255, 255, 255}) ? "#000" : "#fff";
}

std::string render_page(const page_facts& facts) {
  const auto& self = facts.self;
  const auto background = canary::color_rgb(self.color).value_or(canary::rgb{255, 255, 255});
  const auto optional = [](const std::string& value) { return value.empty() ? std::string("–") : escape_html(value); };
  const std::array<std::pair<std::string_view, std::string>, 10> values{{
      {"style", std::string(page_style)},
      {"nonce", std::string(facts.nonce)},
      {"text", std::string(text_color(background))},
      {"version", escape_html(self.version)},
      {"color", escape_html(self.color)},
      {"track", escape_html(self.track)},
      {"hostname", escape_html(facts.hostname)},
      {"uptime", format_uptime(facts.uptime_seconds)},
      {"revision", optional(self.revision)},
      {"config", optional(self.config)},
  }};
  std::string out;
  for (std::string_view rest = page_template; !rest.empty();) {
    const auto open = rest.find("{{");
    out += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    rest.remove_prefix(open + 2);
    const auto name = rest.substr(0, rest.find("}}"));
    for (const auto& [key, value] : values)
      if (key == name) out += value;
    rest.remove_prefix(name.size() + 2);
  }
  return out;
}

}  // namespace canary_app
