// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/metrics.hpp>

#include <vector>

namespace canary_test {

inline canary::identity sample_identity() { return {"v2", "green", "canary", "abc123", "f00"}; }

/// Six routes like the demo app's: five with GET, one for any method.
inline std::vector<canary::metrics::http_route> sample_routes() {
  using canary::method;
  std::vector<method> every;
  for (std::size_t m = 0; m < canary::method_names.size(); ++m) every.push_back(static_cast<method>(m));
  return {{"/", {method::get}},
          {"/api/info", {method::get}},
          {"/api/echo", every},
          {"/api/items/{id}", {method::get}},
          {"/assets/page.css", {method::get}},
          {"/assets/page.js", {method::get}}};
}

}  // namespace canary_test
