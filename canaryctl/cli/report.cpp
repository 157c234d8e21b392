// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/report/answers.hpp"
#include "canaryctl/report/document.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace canaryctl {

namespace {

struct report_command {
  std::string measured;
  std::string file;
  std::string commit;
  output_format output = output_format::text;
};

exit_code run_report(const report_command& command) {
  const measurements run(command.measured);
  auto answers = cluster_answers(run);
  if (answers.empty()) {
    throw usage_error("--measurements: '" + command.measured +
                      "' holds no step of a run: expected files such as pods.json and split-gateway.json");
  }
  boost::json::object document{{"about", about("cluster")}};
  if (!command.commit.empty()) document["about"].as_object()["commit"] = command.commit;
  for (auto& [key, value] : answers) document[key] = std::move(value);
  add_verdict(document, exit_code::pass);
  if (command.output == output_format::json) {
    write_json(std::cout, document);
  } else if (command.file.empty()) {
    std::cout << to_yaml(document);
  } else {
    const auto& told = document["about"].as_object();
    const auto said = [&](const char* key) {
      const auto* value = told.if_contains(key);
      return value == nullptr ? std::string("unknown") : std::string(value->as_string());
    };
    try {
      write_report(command.file,
                   "Written by `canaryctl report` from one run on a cluster (`make e2e`) of commit " + said("commit") +
                       ", ended " + said("written_at") + "; not to be edited by hand.",
                   document);
    } catch (const std::runtime_error& error) {
      throw usage_error(std::string("--output-file: ") + error.what());
    }
  }
  return exit_code::pass;
}

}  // namespace

void add_report(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<report_command>();
  auto* sub = app.add_subcommand("report", "Write answers.yml from what a run on a cluster measured");
  sub->add_option("--measurements", command->measured,
                  "Folder with one JSON file a step, as the tests on a cluster write it")
      ->required();
  sub->add_option("--output-file", command->file, "Where the YAML goes; without it to standard output");
  sub->add_option("--commit", command->commit,
                  "The commit that was measured, where it is not the one this program was built from");
  add_output_option(*sub, command->output);
  sub->footer("Example:\n  canaryctl report --measurements build/e2e/measurements --output-file answers.yml");
  sub->callback([command, &result] {
    if (!command->file.empty() && command->output == output_format::json) {
      throw CLI::ValidationError("--output-file", "it takes YAML; --output json goes to standard output");
    }
    result = run_report(*command);
  });
}

}  // namespace canaryctl
