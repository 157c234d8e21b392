// SPDX-License-Identifier: BSL-1.0
#include <canary/version.hpp>

namespace canary {

std::string_view library_version() noexcept { return LIBCANARY_VERSION; }

}  // namespace canary
