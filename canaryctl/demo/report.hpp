// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/exit_codes.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace canaryctl::demo {

/// The whole report around what the steps measured: where and when, observations computed from the numbers, verdict.
/// The shape is docs/answers.schema.json.
boost::json::object complete_report(const boost::json::object& measured, exit_code code);

/// The same content as YAML. Numbers keep all their digits.
std::string to_yaml(const boost::json::value& value);

/// Replaces the file as a whole. Throws std::runtime_error that names it.
void write_report(const std::string& file, const boost::json::object& report);

/// The commit this program was built from, "" if the build did not know.
std::string built_from();

}  // namespace canaryctl::demo
