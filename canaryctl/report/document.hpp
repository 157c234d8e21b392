// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace canaryctl {

/// How a report begins: which run it is from, when it was written, by which version, and from which commit if known.
boost::json::object about(const std::string& source);

/// The same content as YAML. Numbers keep all their digits.
std::string to_yaml(const boost::json::value& value);

/// Replaces the file as a whole by a comment that says `how` it is made and the report as YAML. Throws
/// std::runtime_error that names the file.
void write_report(const std::string& file, const std::string& how, const boost::json::object& report);

/// The commit this program was built from, "" if the build did not know.
std::string built_from();

}  // namespace canaryctl
