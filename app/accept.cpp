// SPDX-License-Identifier: BSL-1.0
#include "accept.hpp"

#include <boost/beast/core/string.hpp>

#include <charconv>

namespace canary_app {
namespace {

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string_view take(std::string_view& list, char separator) {
  const auto end = list.find(separator);
  const auto part = trim(list.substr(0, end));
  list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  return part;
}

bool same(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

/// 0: no match; 1: */*; 2: type/*; 3: type/subtype.
int specificity(std::string_view range, std::string_view type) {
  if (range == "*/*") return 1;
  if (range.ends_with("/*") && same(range.substr(0, range.size() - 1), type.substr(0, type.find('/') + 1))) return 2;
  return same(range, type) ? 3 : 0;
}

}  // namespace

double quality(std::string_view accept, std::string_view type) {
  if (trim(accept).empty()) return 1;
  int best = 0;
  double found = 0;
  while (!accept.empty()) {
    auto element = take(accept, ',');
    const int match = specificity(take(element, ';'), type);
    double q = 1;
    while (!element.empty()) {
      const auto parameter = take(element, ';');
      if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
      const auto* end = parameter.data() + parameter.size();
      const auto [stop, ec] = std::from_chars(parameter.data() + 2, end, q);
      if (ec != std::errc{} || stop != end || !(q >= 0 && q <= 1)) q = 0;
    }
    if (match > best) {
      best = match;
      found = q;
    }
  }
  return found;
}

bool prefers_json(std::string_view accept) {
  return quality(accept, "application/json") > quality(accept, "text/html");
}

}  // namespace canary_app
