// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace canaryctl {

/// A finite decimal number, the whole text consumed; "nan", "inf", "1e" and "12x" are none.
std::optional<double> parse_number(std::string_view text);

/// With as few digits as read back the same: 0.0005, 1e-05.
std::string shortest(double value);

/// A duration with its unit: 250ms, 30s, 1.5m, 6h, 30d, 2w, 1y (365d). No unit, no duration.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// The shortest exact way to write it: 30d, 1h30m, 250ms.
std::string format_duration(std::chrono::nanoseconds duration);

/// Options that say what was expected when the value is wrong: "--rate: '0': expected a number above 0 and at most
/// 100000". `value` must outlive the parsing and holds the default.
CLI::Option* add_number(CLI::App& command, const std::string& name, double& value, double min, double max,
                        const std::string& help);
CLI::Option* add_count(CLI::App& command, const std::string& name, std::uint64_t& value, std::uint64_t min,
                       std::uint64_t max, const std::string& help);
CLI::Option* add_duration(CLI::App& command, const std::string& name, std::chrono::nanoseconds& value,
                          std::chrono::nanoseconds min, std::chrono::nanoseconds max, const std::string& help);

/// A positional or named option that takes an http:// URL.
CLI::Option* add_url(CLI::App& command, const std::string& name, http_target& value, const std::string& help);

/// `--header 'Name: value'`, as often as wanted.
CLI::Option* add_headers(CLI::App& command, http_request& request);

}  // namespace canaryctl
