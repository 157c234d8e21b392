// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/smoke_run.hpp"
#include "canaryctl/cli/values.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <boost/json/array.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

namespace canaryctl {
namespace json = boost::json;

smoke_run run_checks(const smoke_command& command) {
  smoke_run run;
  const auto ask = [&](const http_target& target, http_request request) {
    request.headers.insert(request.headers.end(), command.request.headers.begin(), command.request.headers.end());
    auto got = fetch(target, request, command.fetch);
    run.connected = run.connected || got.connected;
    if (run.first_error.empty()) run.first_error = got.error;
    return got;
  };
  const auto wanted = [&](const char* name) { return !command.skip.contains(name); };
  auto base = command.target.target.substr(0, command.target.target.find('?'));
  while (!base.empty() && base.back() == '/') base.pop_back();
  const auto at = [&](const char* path) { return command.target.with_target(base + path); };

  if (wanted("page")) check_page(ask(at("/"), {"GET", {{"Accept", "text/html"}}, {}}), command.want, run.checks);
  if (wanted("info")) check_info(ask(at("/api/info"), {}), command.want, run.checks);
  if (wanted("echo")) check_echo(ask(at("/api/echo"), echo_request()), run.checks);
  if (command.no_admin) return run;
  const auto& admin = command.admin;
  if (wanted("probes")) {
    check_probe("healthz", ask(admin.with_target("/healthz"), {}), run.checks);
    check_probe("readyz", ask(admin.with_target("/readyz"), {}), run.checks);
  }
  if (wanted("metrics")) check_metrics(ask(admin.with_target("/metrics"), {}), command.want, run.checks);
  return run;
}

namespace {

void print(const smoke_run& run, exit_code code) {
  const bool colour = wants_colour(STDOUT_FILENO);
  std::size_t failed = 0;
  for (const auto& check : run.checks) {
    failed += check.passed ? 0 : 1;
    const char* word =
        check.passed ? (colour ? "\033[32mpass\033[0m" : "pass") : (colour ? "\033[31mFAIL\033[0m" : "FAIL");
    std::cout << word << "  " << check.name;
    if (check.passed) {
      std::cout << ": " << check.found << '\n';
    } else {
      std::cout << "\n        expected " << check.expected << "\n        found    " << check.found << '\n';
    }
  }
  std::cout << run.checks.size() - failed << " passed, " << failed << " failed\n" << to_string(code) << '\n';
}

json::object to_json(const smoke_run& run, const smoke_command& command, std::uint64_t attempts, exit_code code) {
  json::object out;
  out["target"] = command.target.text;
  out["admin"] = command.no_admin ? json::value(nullptr) : json::value(command.admin.url());
  out["attempts"] = attempts;
  json::array checks;
  for (const auto& check : run.checks) {
    checks.push_back(json::object{
        {"name", check.name}, {"passed", check.passed}, {"expected", check.expected}, {"found", check.found}});
  }
  out["checks"] = std::move(checks);
  add_verdict(out, code);
  return out;
}

exit_code run_smoke(const smoke_command& command) {
  std::uint64_t attempts = 1;
  auto run = run_checks(command);
  for (; !run.passed() && attempts <= command.retries; ++attempts) {
    std::this_thread::sleep_for(command.retry_delay);
    run = run_checks(command);
  }
  const auto code = !run.connected ? exit_code::unreachable : run.passed() ? exit_code::pass : exit_code::fail;
  if (command.output == output_format::json) {
    write_json(std::cout, to_json(run, command, attempts, code));
  } else {
    print(run, code);
  }
  if (code == exit_code::unreachable) {
    std::cerr << "canaryctl smoke: " << command.target.text << " could not be reached: " << run.first_error << '\n';
  }
  return code;
}

void read_skip(smoke_command& command, const std::vector<std::string>& names) {
  static const std::set<std::string> known{"page", "info", "echo", "probes", "metrics"};
  for (const auto& name : names) {
    if (!known.contains(name)) {
      throw CLI::ValidationError("--skip", "'" + name + "': expected page, info, echo, probes or metrics");
    }
    command.skip.insert(name);
  }
  if (command.skip.size() == known.size()) throw CLI::ValidationError("--skip", "nothing is left to check");
}

}  // namespace

void add_smoke(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<smoke_command>();
  auto* sub = app.add_subcommand("smoke", "Check that a target is what it should be: page, API, probes, metrics");
  add_url(*sub, "url", command->target, "The HTTP port's URL; a path is put before every route")->required();
  sub->add_option("--version", command->want.version, "The version it should be")->required();
  sub->add_option("--color", command->want.color, "The colour it should have")->required();
  sub->add_option("--track", command->want.track, "stable or canary")->check(CLI::IsMember({"stable", "canary"}));
  sub->add_option("--config", command->want.config, "The configuration's hash it should run with");
  auto* admin = add_url(*sub, "--admin", command->admin, "The admin port's URL (same host, port 8081)");
  sub->add_flag("--no-admin", command->no_admin, "Leave out probes and metrics: only the HTTP port can be reached")
      ->excludes(admin);
  sub->add_option_function<std::vector<std::string>>(
         "--skip", [command](const std::vector<std::string>& names) { read_skip(*command, names); },
         "Leave these out: page, info, echo, probes, metrics")
      ->delimiter(',')
      ->option_text("NAMES");
  auto* retries = add_count(*sub, "--retries", command->retries, 0, 10'000, "Further attempts while a check fails");
  add_duration(*sub, "--retry-delay", command->retry_delay, std::chrono::nanoseconds(0), std::chrono::hours(1),
               "Time between two attempts");
  add_duration(*sub, "-t,--timeout", command->fetch.timeout, std::chrono::milliseconds(1), std::chrono::hours(1),
               "Longest time for one request");
  add_headers(*sub, command->request);
  auto* each =
      sub->add_flag("--each", command->each, "Check every address behind the host's name: a headless Service's pods")
          ->excludes(retries);
  add_count(*sub, "--count", command->count, 1, 10'000, "With --each: how many addresses there must be")->needs(each);
  sub->add_flag("--or-more", command->or_more, "With --each: more addresses than --count will do")->needs(each);
  add_duration(*sub, "--deadline", command->deadline, std::chrono::milliseconds(1), std::chrono::hours(24),
               "With --each: time until all is as it should be")
      ->needs(each);
  add_output_option(*sub, command->output);
  sub->footer(
      "Exit codes: 0 every check passed, 1 one failed, 4 never reached.\n\n"
      "Example:\n  canaryctl smoke http://localhost:8080 --version v2 --color green --track canary --retries 10\n"
      "  canaryctl smoke http://pods.ns.svc:8080 --version v2 --color green --each --count 4 --deadline 2m");
  sub->callback([command, admin, &result] {
    if (admin->count() == 0) command->admin = command->target.with_port(8081);
    result = command->each ? smoke_each(*command) : run_smoke(*command);
  });
}

}  // namespace canaryctl
