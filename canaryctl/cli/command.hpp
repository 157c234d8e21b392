// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/exit_codes.hpp"

#include <stdexcept>

namespace CLI {
class App;
}

namespace canaryctl {

/// A mistake on the command line that only shows while the subcommand runs; main() prints it and exits with 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One function a subcommand. Each adds its options to `app` and a callback that runs the subcommand when it was
// chosen and stores the outcome in `result`, which must live as long as `app`. Only main() calls these.
void add_demo(CLI::App& app, exit_code& result);
void add_smoke(CLI::App& app, exit_code& result);
void add_split(CLI::App& app, exit_code& result);
void add_load(CLI::App& app, exit_code& result);
void add_budget(CLI::App& app, exit_code& result);
void add_report(CLI::App& app, exit_code& result);
void add_judge(CLI::App& app, exit_code& result);
void add_webhook(CLI::App& app, exit_code& result);

}  // namespace canaryctl
