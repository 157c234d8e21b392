// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/exit_codes.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace canaryctl {

enum class output_format { text, json };

/// Adds `--output text|json` (default text) to a subcommand. `format` must outlive the parsing.
void add_output_option(CLI::App& command, output_format& format);

/// Writes indented JSON and a line feed. Doubles that JSON cannot hold (NaN, infinities) are written as null.
void write_json(std::ostream& out, const boost::json::value& value);

/// The fields with which every JSON output ends: `verdict` (word) and `exit_code` (number).
void add_verdict(boost::json::object& report, exit_code code);

/// A double, or null where it is NaN or infinite: JSON has no word for these.
boost::json::value number_or_null(double value);

/// Colour and progress are for people: true if `fd` is a terminal, TERM is not "dumb" and NO_COLOR is not set.
bool wants_colour(int fd);

/// A fixed number of digits, no exponent: decimals(12.345, 1) is "12.3".
std::string decimals(double value, int digits);

/// A count with thousands separated by commas: 12,345.
std::string grouped(unsigned long long value);

}  // namespace canaryctl
