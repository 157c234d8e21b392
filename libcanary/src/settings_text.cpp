// SPDX-License-Identifier: BSL-1.0
#include <canary/env_reader.hpp>

#include <algorithm>
#include <cstddef>

namespace canary {

namespace {

/// Quoted, on one line, with nothing in it that a terminal obeys.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 200;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 0xf]);
    } else {
      out += c;
    }
  }
  return out + (text.size() > longest ? "…'" : "'");
}

std::string default_text(const setting& s) { return s.default_value.empty() ? std::string("none") : s.default_value; }

/// Breaks `text` between words so that no line is longer than the room, and indents all but the first.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const auto room = width > indent + 20 ? width - indent : 20;
  std::string out;
  while (text.size() > room) {
    auto at = text.rfind(' ', room);
    if (at == std::string_view::npos || at == 0) at = std::min(text.find(' '), text.size());
    out.append(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
    if (!text.empty()) out.append("\n").append(indent, ' ');
  }
  return out.append(text);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\" : "").append(1, c);
  return out;
}

std::string code(std::string_view text) { return text.empty() ? std::string("none") : "`" + cell(text) + "`"; }

}  // namespace

std::string settings_help(std::span<const setting> rows, std::size_t width) {
  std::size_t name_width = 0;
  for (const auto& s : rows) name_width = std::max(name_width, s.name.size());
  const auto indent = name_width + 4;
  std::string out;
  for (const auto& s : rows) {
    out.append("  ").append(s.name).append(indent - 2 - s.name.size(), ' ');
    out.append(wrapped(s.description, indent, width)).append("\n").append(indent, ' ');
    auto range = "default: " + default_text(s) + "; " + s.allowed;
    if (!s.unit.empty()) range += "; unit: " + s.unit;
    out.append(wrapped(range, indent, width)).append("\n");
  }
  return out;
}

std::string settings_markdown(std::span<const setting> rows) {
  std::string out = "| Variable | Default | Allowed | Unit | Meaning |\n|---|---|---|---|---|\n";
  for (const auto& s : rows) {
    out += "| `" + s.name + "` | " + code(s.default_value) + " | " + cell(s.allowed) + " | " + cell(s.unit) + " | " +
           cell(s.description) + " |\n";
  }
  return out;
}

std::string effective_settings(std::span<const setting> rows) {
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const auto& s : rows) {
    name_width = std::max(name_width, s.name.size());
    value_width = std::max(value_width, std::min<std::size_t>(s.value.size(), 40));
  }
  std::string out;
  for (const auto& s : rows) {
    out.append(s.name).append(name_width + 2 - s.name.size(), ' ').append(s.value);
    out.append(value_width + 2 > s.value.size() ? value_width + 2 - s.value.size() : 2, ' ');
    out.append(s.from == setting::origin::environment ? "environment\n" : "default\n");
  }
  return out;
}

std::string error_report(std::span<const setting_error> errors) {
  std::string out;
  for (const auto& e : errors) {
    out += e.name;
    if (e.value) out += "=" + quoted(*e.value);
    out += " " + e.reason;
    if (!e.allowed.empty()) out += "; allowed: " + e.allowed;
    out += "\n";
  }
  return out;
}

}  // namespace canary
