// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace canary::detail {

/// Appends `text` as a JSON string. What is no UTF-8 becomes U+FFFD, so that the line is JSON whatever a client sent.
void append_json_string(std::string& out, std::string_view text);

/// Appends the number, or null where JSON has none (nan, inf).
void append_json_number(std::string& out, double value);

/// `2026-01-31T12:34:56.789012Z`
void append_rfc3339(std::string& out, std::chrono::system_clock::time_point t);

}  // namespace canary::detail
