// SPDX-License-Identifier: BSL-1.0
#include <canary/service.hpp>

#include "routes.hpp"

int main(int argc, char** argv) {
  const canary::identity defaults{.version = "v1", .color = "white", .track = "stable", .revision = {}, .config = {}};
  return canary::run_service(argc, argv, defaults, [](canary::service& s) { canary_app::add_routes(s); });
}
