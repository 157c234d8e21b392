// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace canary {

/// The request methods that have a metric label of their own; every other one is `other`.
/// Names are case-sensitive (RFC 9110, section 9.1).
enum class method : unsigned char { get, head, post, put, patch, delete_, options, connect, trace, other };

inline constexpr std::array<std::string_view, 10> method_names{"GET",    "HEAD",    "POST",    "PUT",   "PATCH",
                                                               "DELETE", "OPTIONS", "CONNECT", "TRACE", "other"};

/// The method's name as sent on the wire, and as its metric label; `other` for an unknown one.
constexpr std::string_view to_string(method m) noexcept { return method_names[static_cast<std::size_t>(m)]; }

/// The method of that name, or `other`.
constexpr method to_method(std::string_view name) noexcept {
  for (std::size_t i = 0; i + 1 < method_names.size(); ++i)
    if (method_names[i] == name) return static_cast<method>(i);
  return method::other;
}

}  // namespace canary
