// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace canary::detail {

/// Whether Kubernetes (or Docker) made this variable for a Service: `X_SERVICE_HOST`, `X_SERVICE_PORT[_NAME]`,
/// `X_PORT=tcp://address:port` and `X_PORT_80_TCP[_ADDR|_PORT|_PROTO]`. Name and value both have to have the shape, so
/// that a misspelt setting does not pass for one.
[[nodiscard]] bool is_service_link(std::string_view name, std::string_view value) noexcept;

/// What it costs to turn `a` into `b` by inserting and removing characters.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace canary::detail
