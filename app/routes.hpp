// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/service.hpp>

namespace canary_app {

/// `/`, `/api/info`, `/api/echo` and `/assets/...`.
void add_routes(canary::service& s);

}  // namespace canary_app
