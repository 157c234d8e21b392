// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/color.hpp>
#include <canary/config.hpp>

#include <string>
#include <string_view>

namespace canary_app {

/// What the page and the API tell.
struct page_facts {
  const canary::identity& self;
  std::string_view hostname;
  long long uptime_seconds;
  std::string_view nonce;  ///< of the page's own style (Content Security Policy)
};

[[nodiscard]] std::string render_page(const page_facts& facts);

/// For text and attribute values in quotes.
[[nodiscard]] std::string escape_html(std::string_view text);

/// The ratio of two colours' relative luminances, 1 to 21 (WCAG 2.1, "contrast ratio").
[[nodiscard]] double contrast(canary::rgb a, canary::rgb b);

/// Black or white, whichever is read better: at least 4.58:1 on any colour.
[[nodiscard]] std::string_view text_color(canary::rgb background);

}  // namespace canary_app
