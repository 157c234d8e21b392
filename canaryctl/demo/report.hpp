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

}  // namespace canaryctl::demo
