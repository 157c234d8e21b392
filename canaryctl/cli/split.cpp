// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/split_report.hpp"
#include "canaryctl/cli/values.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <iostream>
#include <memory>

namespace canaryctl {

namespace {

struct split_command {
  http_target target;
  http_request request;
  fetch_options fetch;
  std::map<std::string, double> expected;
  std::uint64_t n = 1000;
  std::uint64_t parallel = 8;
  double confidence = 0.999999;
  output_format output = output_format::text;
};

/// "v1=80,v2=20" in per cent -> shares.
std::map<std::string, double> read_expectation(const std::vector<std::string>& parts) {
  std::map<std::string, double> shares;
  double sum = 0;
  for (const auto& part : parts) {
    const auto sign = part.rfind('=');
    const auto percent = sign == std::string::npos ? std::nullopt : parse_number(part.substr(sign + 1));
    if (sign == 0 || !percent || *percent < 0 || *percent > 100) {
      throw CLI::ValidationError(
          "--expect", "'" + part + "': expected VERSION=PERCENT with 0 to 100 per cent, such as v1=80,v2=20");
    }
    if (!shares.emplace(part.substr(0, sign), *percent / 100).second) {
      throw CLI::ValidationError("--expect", "'" + part + "': this version is named twice");
    }
    sum += *percent;
  }
  if (std::abs(sum - 100) > 1e-6) {
    throw CLI::ValidationError("--expect", "the shares add up to " + decimals(sum, 2) + " per cent, expected 100");
  }
  return shares;
}

exit_code run_split(const split_command& command) {
  split_report report(command.expected, command.n, command.confidence);
  // Said before a single request goes out: what this test can see and what it cannot.
  if (command.output == output_format::text) print_plan(std::cout, report);
  const auto draws = fetch_many(command.target, command.request, command.n, command.parallel, command.fetch);
  for (const auto& draw : draws) report.add(draw);
  const auto code = report.verdict();
  if (command.output == output_format::json) {
    write_json(std::cout, to_json(report, command.target));
  } else {
    print_result(std::cout, report);
  }
  if (code == exit_code::unreachable) {
    std::cerr << "canaryctl split: " << command.target.text << " could not be reached: " << report.first_error()
              << '\n';
  }
  return code;
}

}  // namespace

void add_split(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<split_command>();
  auto* sub = app.add_subcommand("split", "Draw requests and test which share each version answers");
  add_url(*sub, "url", command->target, "Where to draw from; without a path /api/info is asked")->required();
  sub->add_option_function<std::vector<std::string>>(
         "-e,--expect",
         [command](const std::vector<std::string>& parts) { command->expected = read_expectation(parts); },
         "The shares in per cent, adding up to 100: v1=80,v2=20")
      ->delimiter(',')
      ->option_text("VERSION=PERCENT,...")
      ->required();
  add_count(*sub, "-n", command->n, 1, 10'000'000, "Requests to draw, each on a fresh connection");
  add_number(*sub, "--confidence", command->confidence, 0.5, 1 - 1e-12,
             "Chance that a split which is as expected passes, over all versions together");
  add_count(*sub, "--parallel", command->parallel, 1, 1000, "Requests under way at once");
  add_duration(*sub, "-t,--timeout", command->fetch.timeout, std::chrono::milliseconds(1), std::chrono::hours(1),
               "Longest time for one request");
  add_headers(*sub, command->request);
  add_output_option(*sub, command->output);
  sub->footer(
      "The version is read from the header X-Canary-Version or, without it, from `version` in the JSON body.\n"
      "Each version's exact (Clopper-Pearson) interval must hold its expected share; the chance of being wrong is "
      "shared\n"
      "equally by the versions (Bonferroni). A version that is not expected, and a request without a version, fail.\n"
      "Exit codes: 0 as expected, 1 not, 3 with so few requests no split could fail, 4 never reached.\n\n"
      "Example:\n  canaryctl split http://localhost:8080 --expect v1=80,v2=20 -n 1000");
  sub->callback([command, &result] {
    if (command->target.target == "/") command->target = command->target.with_target("/api/info");
    command->fetch.keep_body = 1u << 20;
    result = run_split(*command);
  });
}

}  // namespace canaryctl
