// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace canary {

/// The library's own version, not the service's: `major.minor.patch`.
[[nodiscard]] std::string_view library_version() noexcept;

}  // namespace canary
