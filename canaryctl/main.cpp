// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  using namespace canaryctl;
  std::signal(SIGPIPE, SIG_IGN);

  exit_code result = exit_code::pass;
  CLI::App app(
      "canaryctl: what stands beside a canary release: load, checks, the split, the error budget, the verdict.",
      "canaryctl");
  app.set_version_flag("--version", "canaryctl " CANARYCTL_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 pass, 1 fail, 2 wrong usage or configuration, 3 inconclusive, 4 target not reached.\n"
      "`canaryctl SUBCOMMAND --help` shows its options and an example.");
  add_demo(app, result);
  add_smoke(app, result);
  add_split(app, result);
  add_load(app, result);
  add_budget(app, result);
  add_report(app, result);
  add_judge(app, result);
  add_webhook(app, result);

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // What was mistyped says more than what is missing for it.
    const auto unknown = app.remaining(true);
    if (unknown.empty()) return app.exit(error), to_int(exit_code::usage);
    return app.exit(CLI::ExtrasError(unknown)), to_int(exit_code::usage);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? to_int(exit_code::pass) : to_int(exit_code::usage);
  } catch (const usage_error& error) {
    std::cerr << "canaryctl: " << error.what() << '\n';
    return to_int(exit_code::usage);
  } catch (const std::exception& error) {
    std::cerr << "canaryctl: unexpected: " << error.what() << '\n';
    return to_int(exit_code::fail);
  }
  return to_int(result);
}
