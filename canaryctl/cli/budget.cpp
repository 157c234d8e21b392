// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/budget_report.hpp"
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <vector>

namespace canaryctl {

namespace {

struct budget_command {
  double slo = 99.9;
  std::chrono::nanoseconds window = std::chrono::hours(30 * 24);
  std::chrono::nanoseconds over{0};
  std::string total;
  std::string errors;
  http_target prometheus;
  budget_query query;
  output_format output = output_format::text;
};

double read_count(const char* option, const std::string& text) {
  const auto count = parse_number(text);
  if (!count || *count < 0 || *count > 1e18) {
    throw CLI::ValidationError(option, "'" + text + "': expected a number of requests, 0 or more");
  }
  return *count;
}

std::vector<version_budget> from_counts(const budget_command& command) {
  budget_input input;
  input.slo = command.slo;
  input.window = command.window;
  if (command.over.count() > 0) input.counted_over = command.over;
  input.total = read_count("--total", command.total);
  input.errors = read_count("--errors", command.errors);
  if (input.errors > input.total) {
    throw CLI::ValidationError("--errors", "'" + command.errors + "': expected at most --total, " + command.total);
  }
  version_budget one;
  one.total = input.total;
  one.errors = input.errors;
  one.report = work_out_budget(input);
  return {one};
}

exit_code run_budget(const budget_command& command) {
  budget_answer answer;
  answer.slo = command.slo;
  answer.window = command.window;
  if (command.prometheus.host.empty()) {
    answer.versions = from_counts(command);
  } else {
    auto asked = ask_prometheus(prometheus_client(command.prometheus), command.query, command.slo, command.window);
    if (!asked) {
      std::cerr << "canaryctl budget: " << asked.error().what << '\n';
      return asked.error().reached ? exit_code::inconclusive : exit_code::unreachable;
    }
    answer = std::move(*asked);
  }
  if (command.output == output_format::json) {
    write_json(std::cout, to_json(answer));
  } else {
    print(std::cout, answer);
  }
  return verdict(answer);
}

}  // namespace

void add_budget(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<budget_command>();
  auto* sub = app.add_subcommand("budget", "Work out an error budget: allowed, spent, left, and how fast it burns");
  add_number(*sub, "--slo", command->slo, 0, 100, "The objective: per cent of the requests that must succeed");
  add_duration(*sub, "--window", command->window, std::chrono::minutes(1), std::chrono::hours(24 * 366),
               "The time the objective is about");
  auto* total = sub->add_option("--total", command->total, "Requests counted")->option_text("N");
  auto* errors = sub->add_option("--errors", command->errors, "Failed requests among them")->option_text("N");
  auto* over = add_duration(*sub, "--over", command->over, std::chrono::milliseconds(0), std::chrono::hours(24 * 366),
                            "The time the counts cover, if not the whole window; 0s stands for the window");
  auto* url = add_url(*sub, "--prometheus", command->prometheus, "Ask this Prometheus for the counts, by version");
  sub->add_option("--metric", command->query.metric, "The counter of requests (http_requests_total)")->needs(url);
  sub->add_option("--errors-match", command->query.errors_match, "Which of them failed (code=~\"5.*\")")->needs(url);
  sub->add_option("--selector", command->query.selector, "More label matchers, such as namespace=\"shop\"")->needs(url);
  sub->add_option("--by", command->query.by, "The label that tells the versions apart (version)")->needs(url);
  total->needs(errors);
  errors->needs(total);
  over->needs(total);
  url->excludes(total);
  add_output_option(*sub, command->output);
  sub->footer(
      "With --prometheus the burn rates of the Google SRE Workbook are worked out besides: 14.4 over 1h and 5m, 6 "
      "over\n"
      "6h and 30m (page); 3 over 1d and 2h, 1 over 3d and 6h (ticket). A rule fires when both its windows burn "
      "faster.\n"
      "Exit codes: 0 within the budget, 1 exhausted or a rule fires, 3 no traffic or no numbers, 4 Prometheus not "
      "reached.\n\n"
      "Examples:\n  canaryctl budget --slo 99.9 --window 30d --total 1000000 --errors 400\n"
      "  canaryctl budget --slo 99.9 --prometheus http://localhost:9090");
  sub->callback([command, total, url, over, &result] {
    if (total->count() == 0 && url->count() == 0) {
      throw CLI::ValidationError("budget", "give --total and --errors, or --prometheus URL");
    }
    if (over->count() > 0 && command->over > command->window) {
      throw CLI::ValidationError("--over", "longer than the window of " + format_duration(command->window));
    }
    result = run_budget(*command);
  });
}

}  // namespace canaryctl
