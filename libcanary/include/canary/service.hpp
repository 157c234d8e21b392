// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/config.hpp>
#include <canary/env_reader.hpp>
#include <canary/fault.hpp>
#include <canary/http.hpp>
#include <canary/log.hpp>
#include <canary/metrics.hpp>
#include <canary/router.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace canary {

/// A named condition of being ready. True or an empty reason: passed. A check that throws has not passed. It is asked
/// again and again while the service runs, on an I/O thread: it must not block.
using ready_check = std::variant<std::function<bool()>, std::function<std::string()>,
                                 std::function<asio::awaitable<bool>()>, std::function<asio::awaitable<std::string>()>>;
/// Work at the start or the end of the service, on an I/O thread.
using service_task = std::function<asio::awaitable<void>()>;

/// A whole service: the public port with the routes given, the admin port with metrics, probes, configuration and
/// faults, signals, and a drain that loses no request. Everything is set up before `run`.
class service {
 public:
  /// \param env the reader that `c` was read with, for settings of the program's own; null: an empty one.
  explicit service(config c, env_reader* env = nullptr);
  ~service();
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  [[nodiscard]] const config& settings() const noexcept;
  /// Reads the program's own settings, with the checks and tables of the library's. Not once it runs.
  [[nodiscard]] env_reader& env() noexcept;
  /// What the public port answers.
  [[nodiscard]] router& routes() noexcept;
  [[nodiscard]] canary::metrics& metrics() noexcept;
  [[nodiscard]] logger& log() noexcept;
  [[nodiscard]] fault_injector& faults() noexcept;
  /// Of an I/O thread; valid while the service runs.
  [[nodiscard]] asio::any_io_executor executor();

  /// The service is not ready before every check has passed.
  void ready_when(std::string name, ready_check check);
  /// Awaited in order before the service can be ready; one that throws ends the service with exit code 1. Work that
  /// goes on for ever is spawned by the task, not awaited.
  void on_start(service_task task);
  /// Awaited in order when the last connection has ended.
  void on_drain(service_task task);

  /// Until SIGTERM, SIGINT or `stop`. \returns the exit code: 0 after a drain, 1 when the service could not run.
  int run();
  /// Begins the drain, as SIGTERM does. Thread-safe.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The `main` of a service: reads the environment, has `setup` add routes, checks and tasks, and runs. Answers `--help`
/// (every setting; `--help-markdown` as a table), `--check-config` and `--version`.
///
/// \param defaults what the program says of itself; `APP_VERSION` and the like may say otherwise
/// \returns the exit code: 2 on a bad environment or argument, else that of `service::run`
int run_service(int argc, char** argv, identity defaults, const std::function<void(service&)>& setup);

}  // namespace canary
