// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/object.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace canary::detail {

/// What was thrown, in words. Precondition: not null.
[[nodiscard]] std::string what(const std::exception_ptr& thrown);

/// The members of a problem of RFC 9457; the title is the status's reason phrase where it is empty.
[[nodiscard]] boost::json::object problem_members(unsigned status, std::string_view detail,
                                                  std::string_view title = {});

}  // namespace canary::detail
