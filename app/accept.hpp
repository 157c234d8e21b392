// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace canary_app {

/// The quality that an Accept field gives to `type/subtype`, 0 to 1, by the most specific range that matches (RFC 9110,
/// section 12.5.1). An empty field accepts everything.
[[nodiscard]] double quality(std::string_view accept, std::string_view type);

/// Whether JSON is wanted rather than a page: it is preferred, not merely as good.
[[nodiscard]] bool prefers_json(std::string_view accept);

}  // namespace canary_app
