// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/text_format.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace canaryctl {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_name_char(char c, bool first, bool colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':') ||
         (!first && c >= '0' && c <= '9');
}

/// One line, read from its start; every read_* says by an error text what it expected.
class line_reader {
 public:
  explicit line_reader(std::string_view line) : rest_(line) {}

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view read_name(bool colon) {
    std::size_t size = 0;
    while (size < rest_.size() && is_name_char(rest_[size], size == 0, colon)) ++size;
    return cut(size);
  }
  std::string_view read_word() {
    return cut(static_cast<std::size_t>(std::find_if(rest_.begin(), rest_.end(), is_blank) - rest_.begin()));
  }
  std::string_view rest() const { return rest_; }

  /// A quoted label value with \\, \" and \n; false if the closing quote is missing or an escape is unknown.
  bool read_quoted(std::string& out) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (rest_.empty()) return false;
      const char escaped = rest_.front();
      rest_.remove_prefix(1);
      if (escaped != '\\' && escaped != '"' && escaped != 'n') return false;
      out += escaped == 'n' ? '\n' : escaped;
    }
    return false;
  }

 private:
  std::string_view cut(std::size_t size) {
    const auto word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }
  std::string_view rest_;
};

std::optional<double> read_value(std::string_view word) {
  if (word == "+Inf" || word == "Inf") return std::numeric_limits<double>::infinity();
  if (word == "-Inf") return -std::numeric_limits<double>::infinity();
  if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (word.starts_with('+')) word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string read_labels(line_reader& in, std::map<std::string, std::string>& labels) {
  for (;;) {
    in.skip_blanks();
    if (in.take('}')) return {};
    const std::string name(in.read_name(false));
    if (name.empty()) return "expected a label name or }";
    in.skip_blanks();
    if (!in.take('=')) return "expected = after the label " + name;
    in.skip_blanks();
    std::string value;
    if (!in.read_quoted(value)) return "expected a quoted value of the label " + name;
    if (!labels.emplace(name, std::move(value)).second) return "the label " + name + " is there twice";
    in.skip_blanks();
    if (in.take(',')) continue;
    if (!in.take('}')) return "expected , or } after the label " + name;
    return {};
  }
}

std::string read_sample(line_reader& in, sample& out) {
  out.name = in.read_name(true);
  if (out.name.empty()) return "expected a metric name";
  in.skip_blanks();
  if (in.take('{')) {
    if (auto problem = read_labels(in, out.labels); !problem.empty()) return problem;
  }
  in.skip_blanks();
  const auto word = in.read_word();
  const auto value = read_value(word);
  if (!value) return "expected a value of " + out.name + ", found '" + std::string(word) + "'";
  out.value = *value;
  in.skip_blanks();
  if (in.at_end()) return {};
  long long stamp = 0;
  const auto text = in.read_word();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), stamp);
  in.skip_blanks();
  if (error != std::errc() || end != text.data() + text.size() || !in.at_end()) {
    return "expected a timestamp in milliseconds or nothing after the value";
  }
  out.timestamp_ms = stamp;
  return {};
}

/// `# TYPE name type` and `# HELP name text`; every other comment is ignored.
std::string read_comment(line_reader& in, exposition& out) {
  in.skip_blanks();
  const auto keyword = in.read_word();
  if (keyword != "TYPE" && keyword != "HELP") return {};
  in.skip_blanks();
  const std::string name(in.read_name(true));
  if (name.empty()) return "expected a metric name after # " + std::string(keyword);
  in.skip_blanks();
  if (keyword == "HELP") {
    out.helps[name] = in.rest();
    return {};
  }
  const std::string type(in.rest());
  constexpr std::string_view known[] = {"counter", "gauge", "histogram", "summary", "untyped"};
  if (std::find(std::begin(known), std::end(known), type) == std::end(known)) {
    return "unknown type '" + type + "' of " + name;
  }
  if (!out.types.emplace(name, type).second) return "a second TYPE for " + name;
  return {};
}

}  // namespace

std::string_view sample::label(const std::string& key) const {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

boost::system::result<exposition, parse_error> parse_text_format(std::string_view text) {
  exposition out;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      return parse_error{"line " + std::to_string(number) + ": the last line does not end with a line feed (cut off?)"};
    }
    line_reader in(text.substr(0, end));
    text.remove_prefix(end + 1);
    in.skip_blanks();
    if (in.at_end()) continue;
    std::string problem;
    if (in.take('#')) {
      problem = read_comment(in, out);
    } else {
      problem = read_sample(in, out.samples.emplace_back());
    }
    if (!problem.empty()) return parse_error{"line " + std::to_string(number) + ": " + problem};
  }
  return out;
}

double sum_of(const exposition& metrics, std::string_view name, const std::map<std::string, std::string>& where) {
  double sum = 0;
  for (const auto& one : metrics.samples) {
    if (one.name != name) continue;
    if (std::all_of(where.begin(), where.end(), [&](const auto& pair) { return one.label(pair.first) == pair.second; }))
      sum += one.value;
  }
  return sum;
}

std::map<std::string, double> sum_by(const exposition& metrics, std::string_view name, const std::string& label,
                                     bool (*keep)(const sample&)) {
  std::map<std::string, double> sums;
  for (const auto& one : metrics.samples) {
    if (one.name == name && (keep == nullptr || keep(one))) sums[std::string(one.label(label))] += one.value;
  }
  return sums;
}

}  // namespace canaryctl
