// SPDX-License-Identifier: BSL-1.0
#include "request_facts.hpp"

#include "characters.hpp"

#include <boost/url/grammar/hexdig_chars.hpp>

#include <algorithm>
#include <random>

namespace canary::detail {
namespace {

bool is_lower_hex(std::string_view s) noexcept {
  return std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view s) noexcept {
  return std::all_of(s.begin(), s.end(), [](char c) { return c == '0'; });
}

/// `192.0.2.1:80` and `[2001:db8::1]:80` without the port and the brackets.
std::string_view without_port(std::string_view s) noexcept {
  if (!s.empty() && s.front() == '[') {
    const auto end = s.find(']');
    return end == std::string_view::npos ? std::string_view{} : s.substr(1, end - 1);
  }
  return std::count(s.begin(), s.end(), ':') == 1 ? s.substr(0, s.find(':')) : s;
}

}  // namespace

id_generator::id_generator() : state_(0) {
  std::random_device device;
  state_ = (static_cast<std::uint64_t>(device()) << 32) | device();
}

// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
std::uint64_t id_generator::number() noexcept {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::string_view id_generator::id(std::array<char, 32>& to) noexcept {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t half = 0; half < 2; ++half) {
    auto n = number();
    for (std::size_t i = 0; i < 16; ++i, n >>= 4) to[half * 16 + i] = digits[n & 15];
  }
  return {to.data(), to.size()};
}

bool id_generator::chance(double share) noexcept {
  return share > 0 && static_cast<double>(number() >> 11) * 0x1.0p-53 < share;
}

bool is_sane_id(std::string_view id) noexcept {
  if (id.empty() || id.size() > 128) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return is_token_char(c) || c == '/' || c == ':' || c == '=' || c == '@' || c == '(' || c == ')' || c == '[' ||
           c == ']' || c == '{' || c == '}' || c == ',' || c == ';' || c == '?';
  });
}

trace_context parse_traceparent(std::string_view text) noexcept {
  // version "-" trace-id "-" parent-id "-" flags; a later version may go on behind another dash.
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  const auto version = text.substr(0, 2);
  const auto trace = text.substr(3, 32);
  const auto parent = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(trace) || !is_lower_hex(parent) ||
      !is_lower_hex(flags) || all_zero(trace) || all_zero(parent))
    return {};
  if (text.size() > 55 && (version == "00" || text[55] != '-')) return {};
  return {trace, parent, (boost::urls::grammar::hexdig_value(flags[1]) & 1) != 0, {}};
}

std::string_view client_address(std::string_view peer, std::span<const field> fields,
                                const networks& trusted) noexcept {
  if (trusted.empty() || !trusted.contains(peer)) return peer;
  auto client = peer;
  for (auto f = fields.rbegin(); f != fields.rend(); ++f) {
    if (!ci_is_equal(f->name, "x-forwarded-for")) continue;
    for (auto list = f->value; !list.empty();) {
      const auto comma = list.rfind(',');
      const auto entry = without_port(trim(comma == std::string_view::npos ? list : list.substr(comma + 1)));
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
      const auto address = parse_address(entry);
      if (!address) return client;
      client = entry;
      if (!trusted.contains(*address)) return client;
    }
  }
  return client;
}

}  // namespace canary::detail
