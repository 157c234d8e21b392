// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/values.hpp"
#include "canaryctl/judge/settings.hpp"
#include "canaryctl/webhook/routes.hpp"

#include <canary/service.hpp>

#include <iostream>
#include <memory>

namespace canaryctl {

namespace {

struct webhook_command {
  judge::settings judged;
  analyses_options options;
  std::uint64_t rollouts = 100;
  std::chrono::nanoseconds patience = std::chrono::seconds(8);
};

/// What the library would allow a service of its own, and less: questions are short, and only controllers ask.
canary::config limits() {
  canary::config c;
  c.self = {.version = CANARYCTL_VERSION, .color = "white", .track = "stable", .revision = {}, .config = {}};
  c.max_body = 64 * 1024;
  c.max_connections = 256;
  c.threads = 1;
  c.blocking_threads = 8;
  c.drain_delay = std::chrono::seconds(1);
  return c;
}

exit_code run_webhook(webhook_command& command) {
  auto& each = command.options.each;
  each.engine = judge::make_engine_options(command.judged);
  each.source = judge::make_prometheus_options(command.judged);
  each.stable_select = command.judged.stable_select;
  each.canary_select = command.judged.canary_select;
  command.options.most = command.rollouts;

  auto env = canary::env_reader::of_process();
  auto settings = canary::override_config(env, limits());
  if (!env.errors().empty()) {
    std::cerr << canary::error_report(env.errors());
    return exit_code::usage;
  }
  canary::service service(std::move(settings), &env);
  const webhook served(service, command.options, command.patience);
  // Without tasks of its own nothing can fail but to listen where it was told to.
  return service.run() == 0 ? exit_code::pass : exit_code::usage;
}

}  // namespace

void add_webhook(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<webhook_command>();
  auto* sub = app.add_subcommand("webhook", "Serve the judge's verdicts to Flagger and Argo Rollouts");
  judge::add_settings(*sub, command->judged);
  auto& each = command->options.each;
  const auto day = std::chrono::hours(24);
  add_duration(*sub, "--interval", each.interval, std::chrono::milliseconds(100), std::chrono::minutes(5),
               "Between two rounds; Prometheus should scrape at least as often");
  add_duration(*sub, "--settle", each.settle, std::chrono::milliseconds(0), std::chrono::minutes(1),
               "Age at which a scrape is surely stored: rounds are looked at that late");
  add_duration(*sub, "--look-back", each.look_back, std::chrono::minutes(1), 30 * day, "A rollout is not older");
  add_duration(*sub, "--gap", each.gap, std::chrono::milliseconds(1), day,
               "Without a canary beside a stable for so long: another rollout");
  add_duration(*sub, "--idle", command->options.idle, std::chrono::seconds(1), 30 * day,
               "A rollout that nobody asked about for so long is forgotten");
  add_count(*sub, "--rollouts", command->rollouts, 1, 10'000, "So many are judged at a time");
  add_duration(*sub, "--patience", command->patience, std::chrono::milliseconds(0), std::chrono::seconds(14),
               "A question waits at most so long for a rollout's history");
  sub->footer(
      "POST /flagger/rollout, confirm-rollout, pre-rollout: 403 on rollback, else 200. /flagger/confirm-promotion: 200 "
      "on\n"
      "promote, else 403. /flagger/rollback: 200 on rollback, else 403. GET or POST /argo-rollouts with namespace, "
      "name,\n"
      "checksum (and version, config): JSON with successful, failed, inconclusive. GET /rollouts: all that is known.\n"
      "{namespace} and {name} in --stable and --canary stand for what is asked about; metadata (or parameters) version "
      "and\n"
      "config say what is under test. Nothing is stored: a rollout's evidence is worked out from Prometheus' history.\n"
      "Ports, log level and the like come from the environment, as of every libcanary service (CANARY_HTTP_PORT, "
      "...).\n\n"
      "Example:\n  canaryctl webhook --prometheus http://prometheus:9090 \\\n"
      "    --stable 'namespace=\"{namespace}\",track=\"stable\"' --canary "
      "'namespace=\"{namespace}\",track=\"canary\"'");
  sub->callback([command, &result] {
    const auto& s = command->judged;
    if (s.prometheus.host.empty()) {
      throw CLI::ValidationError("webhook", "give --prometheus URL: the webhook judges from its history");
    }
    if (!s.canary_version.empty() || !s.canary_config.empty()) {
      throw CLI::ValidationError("webhook", "--canary-version and --canary-config come with each question");
    }
    result = run_webhook(*command);
  });
}

}  // namespace canaryctl
