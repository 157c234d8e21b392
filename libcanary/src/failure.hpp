// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/router.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace canary::detail {

/// What was thrown, in words. Precondition: not null.
[[nodiscard]] std::string what(const std::exception_ptr& thrown);

/// A problem of RFC 9457; the title is the status's reason phrase where it is empty, an empty request id is left out.
[[nodiscard]] response failure(unsigned status, std::string_view detail, std::string_view request_id,
                               std::string_view title = {});

/// The answer for a handler that threw.
[[nodiscard]] response failure_of(const std::exception_ptr& thrown, std::string_view request_id);

/// The answer where the router found no handler.
[[nodiscard]] response without_handler(const router::match& m, std::string_view path, std::string_view request_id);

}  // namespace canary::detail
