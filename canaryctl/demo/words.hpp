// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/cli/output.hpp"
#include "canaryctl/stats/interval.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace canaryctl::demo {

/// What people are shown, and what the story asserts: a demo that fails by chance once in a million runs.
constexpr double shown_confidence = 0.95;
constexpr double asserted_confidence = 1 - 1e-6;

inline double share(std::uint64_t k, std::uint64_t n) {
  return n == 0 ? 0 : static_cast<double>(k) / static_cast<double>(n);
}

inline std::string percent(std::uint64_t k, std::uint64_t n) { return decimals(100 * share(k, n), 1) + " %"; }

inline std::string percents(const interval& one) {
  return decimals(100 * one.lower, 1) + " to " + decimals(100 * one.upper, 1);
}

/// The keys of an object: "white, green".
inline std::string list_of(const boost::json::object& object) {
  std::string text;
  for (const auto& member : object) text.append(text.empty() ? "" : ", ").append(member.key());
  return text;
}

/// A line of a table: the first cell to the left, the others to the right.
inline std::string row(const std::string& first, std::initializer_list<std::string> cells) {
  std::string text = first + std::string(first.size() < 8 ? 8 - first.size() : 1, ' ');
  for (const auto& cell : cells) text += std::string(cell.size() < 14 ? 14 - cell.size() : 1, ' ') + cell;
  return text;
}

}  // namespace canaryctl::demo
