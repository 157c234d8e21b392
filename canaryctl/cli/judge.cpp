// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/interruption.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"
#include "canaryctl/judge/metrics_server.hpp"
#include "canaryctl/judge/own_metrics.hpp"
#include "canaryctl/judge/record.hpp"
#include "canaryctl/judge/report.hpp"
#include "canaryctl/judge/session.hpp"
#include "canaryctl/judge/settings.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

namespace canaryctl {
namespace {

using namespace canaryctl::judge;
namespace stat = canary::judge;

struct judge_command {
  settings what;
  session_options how;
  std::string replay;
  std::string on_inconclusive = "wait";
  std::optional<std::uint16_t> metrics_port;
  std::string metrics_address = "127.0.0.1";
  output_format output = output_format::text;
};

/// What is shown between the rounds: on a terminal a picture that is overwritten, elsewhere a line now and then.
class judge_view {
 public:
  /// \param metrics_url where the judge's own metrics are; empty: nowhere
  explicit judge_view(output_format output, std::string metrics_url = {})
      : json_(output == output_format::json),
        terminal_(!json_ && wants_colour(STDOUT_FILENO)),
        metrics_url_(std::move(metrics_url)) {}

  void begin(const session& judged) {
    if (!metrics_url_.empty()) std::cerr << "canaryctl judge: metrics at " << metrics_url_ << std::endl;
    if (json_) return;
    std::cout << "judging by " << judged.describe() << (judged.goes_on() ? "; goes on with its record" : "")
              << std::endl;
  }
  void show(const engine& judged, const round& seen, bool closed) {
    ++rounds_;
    if (!json_ && !terminal_) {
      for (const auto& problem : seen.problems) say_once(problem);
    }
    if (terminal_) {
      draw(judged, seen);
    } else if (json_ || (closed && std::chrono::steady_clock::now() >= next_line_)) {
      const auto v = judged.look();
      if (json_) {
        write_line(judged, seen, v, closed);
      } else {
        next_line_ = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        std::cout << one_line(v) << std::endl;
      }
    }
  }
  void end(const stat::verdict& v, exit_code code) {
    if (json_) {
      auto out = to_json(v);
      add_verdict(out, code);
      std::cout << boost::json::serialize(out) << std::endl;
      return;
    }
    erase();
    std::cout << picture(v) << '\n' << to_string(v.decided) << std::endl;
  }

 private:
  void write_line(const engine& judged, const round& seen, const stat::verdict& v, bool closed) {
    auto out = to_json(v);
    out["time"] = seen.now;
    out["round"] = rounds_;
    out["batches"] = judged.judged().batches();
    out["closed"] = closed;
    out["pods"] = {{"stable", judged.pods().pods(stat::track::stable)},
                   {"canary", judged.pods().pods(stat::track::canary)}};
    boost::json::array problems(seen.problems.begin(), seen.problems.end());
    out["problems"] = std::move(problems);
    if (!metrics_url_.empty()) out["metrics_url"] = metrics_url_;
    std::cout << boost::json::serialize(out) << std::endl;
  }
  void draw(const engine& judged, const round& seen) {
    erase();
    auto text = picture(judged.look());
    text += "\n" + std::to_string(judged.pods().pods(stat::track::stable)) + " stable and " +
            std::to_string(judged.pods().pods(stat::track::canary)) + " canary pods, " +
            grouped(judged.judged().batches()) + " batches in " + grouped(rounds_) + " rounds";
    if (!seen.problems.empty()) text += "; " + seen.problems.front();
    std::cout << text << std::flush;
    lines_ = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  }
  /// What was drawn last. Lines are cut at the terminal's edge meanwhile, so that one line stays one row.
  void erase() {
    if (!terminal_) return;
    if (lines_ > 1) std::cout << "\033[" << lines_ - 1 << 'A';
    std::cout << "\r\033[J\033[?7l" << std::flush;
  }
  void say_once(const std::string& problem) {
    if (std::find(said_.begin(), said_.end(), problem) != said_.end() || said_.size() > 20) return;
    said_.push_back(problem);
    std::cerr << "canaryctl judge: " << problem << std::endl;
  }

  const bool json_;
  const bool terminal_;
  const std::string metrics_url_;
  int lines_ = 0;
  std::uint64_t rounds_ = 0;
  std::chrono::steady_clock::time_point next_line_{};
  std::vector<std::string> said_;

 public:
  ~judge_view() {
    if (terminal_) std::cout << "\033[?7h" << std::flush;
  }
};

exit_code run_replay(const judge_command& command) {
  std::ifstream in(command.replay);
  if (!in) throw usage_error("judge: --replay: cannot read '" + command.replay + "'");
  try {
    const auto result = replay(in);
    const auto code = code_of(result.verdict.decided);
    judge_view view(command.output);
    view.end(result.verdict, code);
    if (!result.same())
      throw usage_error("judge: --replay: '" + command.replay +
                        "' holds another verdict than its batches give:\n  in the record: " + result.recorded +
                        "\n  from batches:  " + result.recomputed);
    return code;
  } catch (const usage_error&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw usage_error("judge: --replay: '" + command.replay + "': " + error.what());
  }
}

exit_code run_judge(const judge_command& command) {
  auto from = make_source(command.what);
  interruption stop;
  own_metrics own;
  std::optional<metrics_server> server;
  if (command.metrics_port) {
    try {
      server.emplace(command.metrics_address, *command.metrics_port, [&own] { return own.render(); });
    } catch (const std::runtime_error& error) {
      throw usage_error(std::string("judge: --metrics-port: ") + error.what());
    }
  }
  std::unique_ptr<session> judged;
  try {
    judged = std::make_unique<session>(make_engine_options(command.what), command.how, std::move(from));
  } catch (const std::runtime_error& error) {
    throw usage_error(std::string("judge: ") + error.what());
  }
  if (server) own.update(judged->judged(), 0, false);
  judge_view view(command.output, server ? server->url() : std::string());
  view.begin(*judged);
  const auto end = judged->run([&](std::chrono::nanoseconds time) { return stop.wait(time); },
                               [&](const engine& e, const round& r, bool closed) {
                                 if (server) own.update(e, judged->problems(), closed);
                                 view.show(e, r, closed);
                               });
  auto code = code_of(end.verdict.decided);
  if (!end.reached && !end.stopped) {
    code = exit_code::unreachable;
    std::cerr << "canaryctl judge: nobody answered: " << end.problem << '\n';
  }
  // For who knows two outcomes only, such as a Job that fails a release or lets it be.
  if (code == exit_code::inconclusive && !end.stopped) {
    if (command.on_inconclusive == "keep") code = exit_code::pass;
    if (command.on_inconclusive == "rollback") code = exit_code::fail;
  }
  view.end(end.verdict, code);
  return code;
}

}  // namespace

void add_judge(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<judge_command>();
  auto* sub = app.add_subcommand("judge", "Promote, roll back or wait, with a stated chance of being wrong");
  add_settings(*sub, command->what);
  add_duration(*sub, "--interval", command->how.interval, std::chrono::milliseconds(50), std::chrono::hours(1),
               "Between two looks at the counts");
  add_duration(*sub, "--deadline", command->how.deadline, std::chrono::milliseconds(100), std::chrono::hours(24 * 30),
               "Inconclusive when there is no verdict by then");
  sub->add_option("--on-inconclusive", command->on_inconclusive,
                  "Exit code at a deadline without a verdict: wait 3, keep 0, rollback 1")
      ->check(CLI::IsMember({"wait", "keep", "rollback"}))
      ->capture_default_str();
  sub->add_option("--state", command->how.state, "Keep the evidence in this file, and go on with what is in it");
  sub->add_option("--rollout", command->how.rollout,
                  "Its name: the state of a rollout with another name is begun anew");
  sub->add_option("--record", command->how.record, "Write what a replay needs to this file");
  sub->add_option("--replay", command->replay, "Judge a record again: the same verdict, bit for bit");
  auto* port = sub->add_option("--metrics-port", command->metrics_port,
                               "Serve the judge's own metrics at /metrics of this port; 0: the kernel chooses")
                   ->check(CLI::Range(0, 65535))
                   ->option_text("PORT");
  sub->add_option("--metrics-address", command->metrics_address, "At this IP address, such as 0.0.0.0")
      ->needs(port)
      ->capture_default_str();
  add_output_option(*sub, command->output);
  sub->footer(
      "Looks as often as wanted do not raise the chances of being wrong. --output json writes a line a round, then "
      "the\n"
      "verdict's. docs/JUDGE.md says how it decides and what was measured of it.\n"
      "Exit codes: 0 promote, 1 roll back, 2 wrong usage, 3 inconclusive at the deadline or interrupted, 4 nobody "
      "answered.\n\n"
      "Examples:\n  canaryctl judge --prometheus http://localhost:9090 --deadline 20m\n"
      "  canaryctl judge --scrape stable=canary-demo-metrics canary=canary-demo-canary-metrics --interval 1s\n"
      "  canaryctl judge --replay rollout.record");
  sub->callback([command, &result] {
    const auto& rollout = command->how.rollout;
    if (rollout.find('\n') != rollout.npos) throw CLI::ValidationError("--rollout", "expected one line");
    if (!command->replay.empty()) {
      if (has_source(command->what)) throw CLI::ValidationError("--replay", "it needs no --prometheus and no --scrape");
      if (command->metrics_port) throw CLI::ValidationError("--replay", "it takes no time to ask for --metrics-port");
      result = run_replay(*command);
      return;
    }
    if (!has_source(command->what))
      throw CLI::ValidationError("judge", "give --prometheus URL, --scrape stable=... canary=..., or --replay FILE");
    result = run_judge(*command);
  });
}

}  // namespace canaryctl
