// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/load_report.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"
#include "canaryctl/client/load_generator.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>

namespace canaryctl {
namespace asio = boost::asio;

namespace {

struct load_command {
  load_options load;
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  std::uint64_t connections = 16;
  double rate = 100;
  load_limits limits;
  output_format output = output_format::text;
};

/// A line of progress a second, on a terminal only.
struct progress {
  asio::steady_timer timer;
  const load_report& report;

  void tick() {
    timer.expires_after(std::chrono::seconds(1));
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      std::cerr << "\r\033[K" << progress_line(report) << std::flush;
      tick();
    });
  }
};

exit_code run_load(load_command& command) {
  asio::io_context io(1);
  command.load.rate = command.rate;
  command.load.connections = command.connections;
  const double seconds = std::chrono::duration<double>(command.duration).count();
  command.load.limit = static_cast<std::uint64_t>(std::max(1.0, std::round(command.rate * seconds)));
  load_report report(command.load, command.duration, command.limits);

  asio::signal_set signals(io, SIGINT, SIGTERM);
  const bool on_terminal = wants_colour(STDERR_FILENO);
  progress shown{asio::steady_timer(io), report};

  load_generator generator(
      io.get_executor(), command.load, [&](const load_record& record) { report.add(record); },
      [&] {
        report.finish(generator.connections_opened());
        signals.cancel();
        shown.timer.cancel();
      });
  // The first Ctrl-C ends the load and still reports; with the handler gone a second one ends the program.
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    report.interrupt();
    signals.clear();
    generator.stop();
  });
  if (on_terminal) shown.tick();
  report.start();
  generator.start();
  io.run();
  if (on_terminal) std::cerr << "\r\033[K";

  const auto code = report.verdict();
  if (command.output == output_format::json) {
    write_json(std::cout, to_json(report));
  } else {
    print(std::cout, report);
  }
  if (code == exit_code::unreachable) {
    std::cerr << "canaryctl load: " << command.load.target.text << " could not be reached: " << report.first_error()
              << '\n';
  }
  return code;
}

void read_allowed(load_limits& limits, const std::vector<std::string>& codes) {
  for (const auto& text : codes) {
    unsigned code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error != std::errc() || end != text.data() + text.size() || code < 200 || code > 599) {
      throw CLI::ValidationError("--allow", "'" + text + "': expected status codes from 200 to 599, such as 404,429");
    }
    limits.allowed.insert(code);
  }
}

}  // namespace

void add_load(CLI::App& app, exit_code& result) {
  auto command = std::make_shared<load_command>();
  auto* sub = app.add_subcommand("load", "Send requests at a constant rate and count how each one ended");
  add_url(*sub, "url", command->load.target, "Where to send them: http://host[:port][/path]")->required();
  add_number(*sub, "-r,--rate", command->rate, 0, 100'000, "Requests a second");
  add_duration(*sub, "-d,--duration", command->duration, std::chrono::milliseconds(10), std::chrono::hours(24),
               "For how long");
  add_count(*sub, "-c,--connections", command->connections, 1, 10'000,
            "At most so many at once; with --fresh 256 if not given");
  sub->add_flag("--fresh", command->load.fresh, "A connection of its own for every request");
  add_duration(*sub, "-t,--timeout", command->load.timeout, std::chrono::milliseconds(1), std::chrono::hours(1),
               "Longest time for one request, from its sending");
  sub->add_option("-X,--method", command->load.request.method, "The method (GET, or POST with --data)");
  add_headers(*sub, command->load.request);
  auto* data = sub->add_option("--data", command->load.request.body, "The body to send; @FILE reads it from a file");
  sub->add_option_function<std::vector<std::string>>(
         "--allow", [command](const std::vector<std::string>& codes) { read_allowed(command->limits, codes); },
         "Status codes of 400 and above that are no failure, such as 404,429")
      ->delimiter(',')
      ->option_text("CODES");
  add_count(*sub, "--max-failures", command->limits.max_failures, 0, UINT64_MAX, "So many failed requests still pass");
  add_output_option(*sub, command->output);
  sub->footer(
      "Latency runs from the moment a request was due, so a stalled server cannot hide what it kept from being sent.\n"
      "A request failed if it was refused, reset, timed out, cut off, malformed, or answered with 400 or above.\n"
      "Exit codes: 0 none failed, 1 one failed, 3 the rate could not be held (requests never sent), 4 never "
      "reached.\n\n"
      "Example:\n  canaryctl load http://localhost:8080/ --rate 500 --duration 30s --connections 16\n"
      "  canaryctl load http://localhost:8080/api/info --rate 50 --fresh --header 'Host: canary-demo.local'");
  sub->callback([command, sub, data, &result] {
    if (command->load.fresh && sub->count("--connections") == 0) command->connections = 256;
    if (data->count() > 0 && sub->count("--method") == 0) command->load.request.method = "POST";
    load_body_from_file(command->load.request.body);
    if (const auto problem = check_request(command->load.request); !problem.empty()) {
      throw CLI::ValidationError("--method", problem);
    }
    result = run_load(*command);
  });
}

}  // namespace canaryctl
