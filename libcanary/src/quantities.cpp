// SPDX-License-Identifier: BSL-1.0
#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

namespace canary::detail {

namespace {

using std::chrono::microseconds;

struct unit {
  std::string_view name;
  std::uint64_t size;
};

// Large to small, as the parts of a duration have to come.
constexpr std::array time_units{unit{"h", 3'600'000'000}, unit{"m", 60'000'000}, unit{"s", 1'000'000},
                                unit{"ms", 1'000}, unit{"us", 1}};
constexpr std::array size_units{unit{"GiB", 1ULL << 30}, unit{"MiB", 1ULL << 20}, unit{"KiB", 1ULL << 10},
                                unit{"B", 1}};

constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Cuts the characters off the front that `of` accepts.
template <class Predicate>
std::string_view cut(std::string_view& text, Predicate of) {
  const auto n = static_cast<std::size_t>(std::ranges::find_if_not(text, of) - text.begin());
  const auto part = text.substr(0, n);
  text.remove_prefix(n);
  return part;
}

/// `whole` and `fraction` (digits behind the point) of that unit; nothing finer than one is left over.
parsed<std::uint64_t> scale(std::string_view whole, std::string_view fraction, std::uint64_t size) {
  using result = parsed<std::uint64_t>;
  const auto n = parse_number<std::uint64_t>(whole);
  if (!n || n.value > limit / size) return result::bad("is out of range");
  std::uint64_t sum = n.value * size;
  std::uint64_t step = size;
  for (const char c : fraction) {
    if (c == '0' && step % 10 != 0) continue;
    if (step % 10 != 0) return result::bad("is finer than a microsecond");
    step /= 10;
    sum += static_cast<std::uint64_t>(c - '0') * step;
  }
  if (sum > limit) return result::bad("is out of range");
  return {sum, {}};
}

template <std::size_t N>
std::string format(std::uint64_t value, const std::array<unit, N>& units, std::string_view zero) {
  if (value == 0) return std::string(zero);
  const auto at = std::ranges::find_if(units, [value](const unit& u) { return value % u.size == 0; });
  return std::to_string(value / at->size).append(at->name);
}

}  // namespace

parsed<microseconds> parse_duration(std::string_view text) {
  using result = parsed<microseconds>;
  if (text.empty()) return result::bad("is empty");
  std::uint64_t sum = 0;
  const auto* next = time_units.begin();
  while (!text.empty()) {
    const auto whole = cut(text, digit);
    std::string_view fraction;
    if (whole.empty()) return result::bad("is not a duration");
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = cut(text, digit);
      if (fraction.empty()) return result::bad("is not a duration");
    }
    const auto name = cut(text, [](char c) { return !digit(c); });
    if (name.empty()) return result::bad("has no unit, as in " + std::string(whole) + "s");
    const auto* at = std::ranges::find(time_units, name, &unit::name);
    if (at == time_units.end()) return result::bad("has an unknown unit");
    if (at < next) return result::bad("is not a duration: its parts go from the larger unit to the smaller");
    next = std::next(at);
    const auto part = scale(whole, fraction, at->size);
    if (!part) return result::bad(part.problem);
    if (part.value > limit - sum) return result::bad("is out of range");
    sum += part.value;
  }
  return {microseconds(static_cast<std::int64_t>(sum)), {}};
}

std::string format_duration(microseconds d) { return format(static_cast<std::uint64_t>(d.count()), time_units, "0s"); }

parsed<latency_range> parse_latency(std::string_view text) {
  using result = parsed<latency_range>;
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) {
    const auto d = parse_duration(text);
    return d ? result{{d.value, d.value}, {}} : result::bad(d.problem);
  }
  const auto from = parse_duration(text.substr(0, dots));
  if (!from) return result::bad("begins with a part that " + from.problem);
  const auto to = parse_duration(text.substr(dots + 2));
  if (!to) return result::bad("ends with a part that " + to.problem);
  if (from.value > to.value) return result::bad("is a range that ends below its begin");
  return {{from.value, to.value}, {}};
}

std::string format_latency(latency_range l) {
  auto text = format_duration(l.min);
  return l.min == l.max ? text : text + ".." + format_duration(l.max);
}

parsed<std::uint64_t> parse_bytes(std::string_view text) {
  using result = parsed<std::uint64_t>;
  if (text.empty()) return result::bad("is empty");
  const auto number = cut(text, digit);
  if (number.empty() || text.starts_with('.')) return result::bad("is not a whole number with a unit");
  if (text.empty()) return result::bad("has no unit, as in " + std::string(number) + "KiB");
  const auto* at = std::ranges::find(size_units, text, &unit::name);
  if (at == size_units.end()) return result::bad("has an unknown unit");
  return scale(number, {}, at->size);
}

std::string format_bytes(std::uint64_t bytes) { return format(bytes, size_units, "0B"); }

std::string format_real(double value) {
  std::array<char, 32> buffer{};
  const auto r = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), r.ptr};
}

}  // namespace canary::detail
