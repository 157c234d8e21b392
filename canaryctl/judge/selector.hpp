// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/parse_error.hpp"

#include <boost/system/result.hpp>

#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace canaryctl::judge {

/// Label matchers as PromQL writes them, without the braces: `code=~"5.*",path!="/healthz"`. The same text selects
/// series in a query and in a scrape. Empty: every series. A missing label is an empty one.
class selector {
 public:
  selector() = default;
  /// The error names what is wrong, where, and what was expected.
  static boost::system::result<selector, parse_error> parse(std::string_view text);

  bool matches(const std::map<std::string, std::string>& labels) const;
  const std::string& text() const { return text_; }
  std::vector<std::string> labels() const;
  /// Both have to match.
  selector operator&&(const selector& other) const;

 private:
  struct matcher {
    std::string label;
    std::string value;
    bool negated = false;
    bool is_regex = false;
    std::regex regex;  ///< the whole value has to match, as in PromQL
  };

  std::string text_;
  std::vector<matcher> matchers_;
};

/// The text in quotes as PromQL reads it back.
std::string promql_string(std::string_view text);
/// The text as a regular expression that matches it alone.
std::string escaped(std::string_view text);

}  // namespace canaryctl::judge
