// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/selector.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace canaryctl::judge {
namespace {

bool in_name(char c, bool first) {
  const auto u = static_cast<unsigned char>(c);
  return std::isalpha(u) || c == '_' || (!first && std::isdigit(u));
}

/// Reads from the front of `rest`.
class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  bool done() { return skip(), at_ == text_.size(); }
  bool take(std::string_view what) {
    skip();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  std::string name() {
    skip();
    const auto from = at_;
    while (at_ < text_.size() && in_name(text_[at_], at_ == from)) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }
  /// A value in double or single quotes; nothing if it does not end.
  std::optional<std::string> value() {
    skip();
    if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return std::nullopt;
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) return ++at_, out;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        out += next == 'n' ? '\n' : next == 't' ? '\t' : next;
        continue;
      }
      out += text_[at_];
    }
    return std::nullopt;
  }
  std::string where() const { return "column " + std::to_string(at_ + 1); }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string promql_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(".^$|()[]{}*+?\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

boost::system::result<selector, parse_error> selector::parse(std::string_view text) {
  selector out;
  reader in(text);
  const auto problem = [&](const std::string& what) {
    return parse_error{"'" + std::string(text) + "', " + in.where() + ": " + what +
                       "; expected matchers such as code=~\"5.*\",path!=\"/healthz\""};
  };
  while (!in.done()) {
    matcher one;
    one.label = in.name();
    if (one.label.empty()) return problem("no label name");
    std::string how;
    if (in.take("=~")) {
      how = "=~", one.is_regex = true;
    } else if (in.take("!~")) {
      how = "!~", one.is_regex = one.negated = true;
    } else if (in.take("!=")) {
      how = "!=", one.negated = true;
    } else if (in.take("=")) {
      how = "=";
    } else {
      return problem("no =, !=, =~ or !~ after " + one.label);
    }
    auto value = in.value();
    if (!value) return problem("no value in quotes after " + one.label + how);
    one.value = std::move(*value);
    if (one.is_regex) {
      try {
        one.regex.assign(one.value, std::regex::ECMAScript | std::regex::optimize);
      } catch (const std::regex_error&) {
        return problem(promql_string(one.value) + " is no regular expression");
      }
    }
    out.text_ += (out.text_.empty() ? "" : ",") + one.label + how + promql_string(one.value);
    out.matchers_.push_back(std::move(one));
    if (!in.done() && !in.take(",")) return problem("no comma between two matchers");
  }
  return out;
}

bool selector::matches(const std::map<std::string, std::string>& labels) const {
  return std::all_of(matchers_.begin(), matchers_.end(), [&](const matcher& one) {
    const auto found = labels.find(one.label);
    const std::string value = found == labels.end() ? std::string() : found->second;
    return (one.is_regex ? std::regex_match(value, one.regex) : value == one.value) != one.negated;
  });
}

std::vector<std::string> selector::labels() const {
  std::vector<std::string> out;
  for (const auto& one : matchers_) out.push_back(one.label);
  return out;
}

selector selector::operator&&(const selector& other) const {
  selector out = *this;
  out.text_ += (text_.empty() || other.text_.empty() ? "" : ",") + other.text_;
  out.matchers_.insert(out.matchers_.end(), other.matchers_.begin(), other.matchers_.end());
  return out;
}

}  // namespace canaryctl::judge
