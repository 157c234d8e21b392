// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace canary_app {

/// Well-formed UTF-8 (Unicode 15, table 3-7).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// UTF-8 as it is, any other bytes read as ISO 8859-1: what a header field may hold put into JSON.
[[nodiscard]] std::string as_utf8(std::string_view text);

[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace canary_app
