// SPDX-License-Identifier: BSL-1.0
#include <canary/http.hpp>

#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>

namespace canary {

namespace {

// In a query a plus sign is a blank, as HTML forms send it.
std::optional<std::string> decode(std::string_view text) {
  const auto encoded = boost::urls::make_pct_string_view(text);
  if (!encoded) return std::nullopt;
  boost::urls::encoding_opts options;
  options.space_as_plus = true;
  return encoded->decode(options);
}

}  // namespace

std::string_view request::header(std::string_view name) const noexcept {
  for (const auto& f : fields)
    if (boost::urls::grammar::ci_is_equal(f.name, name)) return f.value;
  return {};
}

std::string_view request::parameter(std::string_view name) const noexcept {
  for (const auto& p : parameters)
    if (p.name == name) return p.value;
  return {};
}

// By hand between the decodings: a query's other parameters may be ill-formed, that one is still good.
std::optional<std::string> request::query_parameter(std::string_view name) const {
  std::string_view left = query;
  while (!left.empty()) {
    const auto end = std::min(left.find('&'), left.size());
    const auto pair = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (const auto key = decode(pair.substr(0, equals)); key && *key == name)
      return decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

}  // namespace canary
