// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "readiness.hpp"

#include <canary/server.hpp>
#include <canary/service.hpp>

namespace canary::detail {

/// What the admin port shows and changes.
struct admin_view {
  const config& settings;
  const env_reader& env;
  canary::metrics& counters;
  logger& log;
  fault_injector& faults;
  const readiness& checks;
  const server& http;
};

/// `/metrics`, `/healthz`, `/readyz`, `/api/config`, `/api/faults`, `/api/log-level`. The view's parts outlive the
/// routes.
void add_admin_routes(router& routes, const admin_view& view);

}  // namespace canary::detail
