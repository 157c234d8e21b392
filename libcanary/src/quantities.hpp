// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/env_reader.hpp>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace canary::detail {

/// A value read from text, or why it is none.
template <class T>
struct parsed {
  T value{};
  std::string problem;  ///< empty: the value is good

  explicit operator bool() const noexcept { return problem.empty(); }
  static parsed bad(std::string why) { return {{}, std::move(why)}; }
};

inline constexpr std::string_view duration_units = "us, ms, s, m, h";
inline constexpr std::string_view byte_units = "B, KiB, MiB, GiB";

/// The whole text as a number; no sign but a minus, no blanks, no nan and no inf.
template <class T>
parsed<T> parse_number(std::string_view text) {
  if (text.empty()) return parsed<T>::bad("is empty");
  T value{};
  const auto* end = text.data() + text.size();
  const auto [at, ec] = std::from_chars(text.data(), end, value);
  if constexpr (std::is_integral_v<T>) {
    if (ec == std::errc::result_out_of_range && at == end) return parsed<T>::bad("is out of range");
    if (ec != std::errc{} || at != end) return parsed<T>::bad("is not a whole number");
  } else {
    if (ec == std::errc::result_out_of_range && at == end) return parsed<T>::bad("is out of range");
    if (ec != std::errc{} || at != end || !std::isfinite(value)) return parsed<T>::bad("is not a number");
  }
  return {value, {}};
}

/// `250ms`, `1.5s`, `1m30s`: numbers with units, the larger first.
[[nodiscard]] parsed<std::chrono::microseconds> parse_duration(std::string_view text);
/// In the largest unit that gives a whole number.
[[nodiscard]] std::string format_duration(std::chrono::microseconds d);

/// `50ms` or `10ms..90ms`.
[[nodiscard]] parsed<latency_range> parse_latency(std::string_view text);
[[nodiscard]] std::string format_latency(latency_range l);

/// `512B`, `64KiB`, `1MiB`, `2GiB`.
[[nodiscard]] parsed<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string format_real(double value);

}  // namespace canary::detail
