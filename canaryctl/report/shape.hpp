// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace canaryctl {

/// What is wrong with what that step measured, in words: the first member that is missing or something else, and what
/// was expected. Empty: all that a report reads is there. A step that no report reads may be of any shape.
std::string mistake_in(std::string_view step, const boost::json::value& measured);

}  // namespace canaryctl
