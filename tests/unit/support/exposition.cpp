// SPDX-License-Identifier: BSL-1.0
#include "exposition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace canary_test {

namespace {

[[noreturn]] void refuse(std::string_view line) {
  throw std::runtime_error("not a line of the text format: " + std::string(line));
}

double number(std::string_view text, std::string_view line) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "Nan" || text == "NaN") return std::nan("");
  double d = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), d);
  if (error != std::errc{} || end != text.data() + text.size()) refuse(line);
  return d;
}

// Takes `name="value"` off the front.
std::pair<std::string, std::string> take_label(std::string_view& left, std::string_view line) {
  const auto equals = left.find("=\"");
  if (equals == left.npos || equals == 0) refuse(line);
  std::pair<std::string, std::string> label(left.substr(0, equals), "");
  left.remove_prefix(equals + 2);
  while (!left.empty() && left[0] != '"') {
    if (left[0] == '\\') {
      left.remove_prefix(1);
      if (left.empty()) refuse(line);
      label.second += left[0] == 'n' ? '\n' : left[0];
    } else {
      label.second += left[0];
    }
    left.remove_prefix(1);
  }
  if (left.empty()) refuse(line);
  left.remove_prefix(1);
  return label;
}

sample parse(std::string_view line) {
  sample s;
  std::string_view left = line;
  const auto end = left.find_first_of("{ ");
  if (end == left.npos || end == 0) refuse(line);
  s.name = left.substr(0, end);
  left.remove_prefix(end);
  if (left[0] == '{') {
    left.remove_prefix(1);
    while (!left.empty() && left[0] != '}') {
      if (!s.labels.insert(take_label(left, line)).second) refuse(line);
      if (left.starts_with(',')) left.remove_prefix(1);
    }
    if (left.empty()) refuse(line);
    left.remove_prefix(1);
  }
  if (!left.starts_with(' ')) refuse(line);
  left.remove_prefix(1);
  s.value = number(left, line);
  return s;
}

}  // namespace

exposition::exposition(std::string_view text) {
  if (!text.empty() && !text.ends_with('\n')) refuse(text.substr(text.rfind('\n') + 1));
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with("# TYPE ")) {
      const auto rest = line.substr(7);
      const auto space = rest.find(' ');
      if (space == rest.npos) refuse(line);
      if (!types_.emplace(rest.substr(0, space), rest.substr(space + 1)).second) refuse(line);
    } else if (!line.starts_with('#')) {
      samples_.push_back(parse(line));
    }
  }
}

std::vector<sample> exposition::all(std::string_view name, const std::map<std::string, std::string>& labels) const {
  std::vector<sample> found;
  for (const auto& s : samples_) {
    const auto has = [&s](const auto& l) {
      const auto i = s.labels.find(l.first);
      return i != s.labels.end() && i->second == l.second;
    };
    if (s.name == name && std::all_of(labels.begin(), labels.end(), has)) found.push_back(s);
  }
  return found;
}

std::optional<double> exposition::value(std::string_view name, const std::map<std::string, std::string>& labels) const {
  const auto found = all(name, labels);
  return found.size() == 1 ? std::optional(found[0].value) : std::nullopt;
}

}  // namespace canary_test
