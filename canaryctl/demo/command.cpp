// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"

#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"
#include "canaryctl/demo/options.hpp"
#include "canaryctl/demo/report.hpp"
#include "canaryctl/demo/story.hpp"
#include "canaryctl/report/document.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace canaryctl {
namespace {

using namespace demo;

/// Found now, not after the story.
void check_report_file(const std::string& file) {
  namespace fs = std::filesystem;
  if (file.empty()) return;
  const auto folder = fs::absolute(file).parent_path();
  if (fs::is_directory(file) || !fs::is_directory(folder) || access(folder.c_str(), W_OK) != 0)
    throw usage_error("--report: '" + file + "': expected a file in a folder that exists and can be written to");
}

exit_code run_demo(const demo_options& options) {
  check_report_file(options.report);
  const bool json = options.output == output_format::json;
  auto& text = json ? std::cerr : std::cout;
  const bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  screen out(text, wants_colour(json ? STDERR_FILENO : STDOUT_FILENO));
  interruption stop;
  std::optional<story> told;
  bool ended = false;
  exit_code code = exit_code::inconclusive;
  try {
    told.emplace(options, out, stop);
    code = told->run();
    ended = true;
    const auto report = complete_report(told->report(), code);
    if (!options.report.empty()) {
      write_report(options.report, "Written by `canaryctl demo --report` from one run; not to be edited by hand.",
                   report);
      out.line("report written to " + options.report);
    }
    if (json) write_json(std::cout, report);
    out.title(std::string("\n") + (code == exit_code::pass ? "The story went as it should."
                                   : code == exit_code::fail
                                       ? "The story did NOT go as it should: see FAILED above."
                                       : "The bad canary was not decided upon: too little traffic for its errors."));
    if (code == exit_code::fail || options.keep_logs) out.line("the pods' logs: " + told->logs().string());
    if (terminal && !json) told->stay();
  } catch (const interrupted&) {
    out.title(ended ? "" : "\nInterrupted before the end: every process is ended, no verdict.");
  }
  return code;
}

}  // namespace

void add_demo(CLI::App& app, exit_code& result) {
  auto options = std::make_shared<demo_options>();
  auto* sub = app.add_subcommand("demo", "Tell the whole canary story with real processes on this machine");
  add_count(*sub, "--pods", options->pods, 1, 50, "Stable pods (v1, white)");
  add_count(*sub, "--canaries", options->canaries, 1, 50, "Canary pods (v2, green)");
  add_count(*sub, "-w,--weight", options->weight, 1, 99, "Per cent of the requests that go to the canary");
  add_number(*sub, "-r,--rate", options->rate, 0, 5000, "Requests a second, through the whole story");
  add_duration(*sub, "-d,--duration", options->duration, std::chrono::seconds(1), std::chrono::hours(1),
               "How long the steps watch in all; starts, drains and the bad canary's evidence come on top");
  add_number(*sub, "--error-rate", options->error_rate, 0, 1, "Share of errors that the bad canary injects");
  add_count(*sub, "--seed", options->seed, 0, UINT32_MAX, "Seed of the proxy's draws; 0: a random one, printed");
  add_count(*sub, "-p,--port", options->port, 0, 65535, "Where the proxy listens at 127.0.0.1; 0: any free port");
  sub->add_option("--app", options->app, "The canary-app program; default: found beside canaryctl");
  sub->add_option("--report", options->report, "Write the run to this file, as YAML");
  sub->add_flag("--keep-logs", options->keep_logs, "Keep the pods' logs (kept anyway when something failed)");
  add_output_option(*sub, options->output);
  sub->footer(
      "Steps: split, metrics, upgrade, rollback, a bad canary, the error budget; traffic runs through all of them.\n"
      "On a terminal the page stays up afterwards until Ctrl-C. The proxy never retries: what a pod refuses, resets,\n"
      "cuts or lets time out is counted against it. With --output json the text goes to standard error.\n"
      "Exit codes: 0 all as it should be, 1 a request failed that nobody asked to (or a check did), 2 wrong usage,\n"
      "3 interrupted or undecided, 4 the pods could not be started.\n\n"
      "Example:\n  canaryctl demo\n  canaryctl demo --port 0 --rate 200 --duration 10s --report answers.yml");
  sub->callback([options, &result] {
    try {
      options->app = find_app(options->app);
    } catch (const demo_error& error) {
      throw usage_error(std::string("demo: ") + error.what());
    }
    try {
      result = run_demo(*options);
    } catch (const demo_error& error) {
      std::cerr << "canaryctl demo: " << error.what() << '\n';
      result = exit_code::unreachable;
    } catch (const usage_error&) {
      throw;
    } catch (const std::runtime_error& error) {  // the port, or the report's file
      throw usage_error(std::string("demo: ") + error.what());
    }
  });
}

}  // namespace canaryctl
