// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "readiness.hpp"

#include <canary/blocking.hpp>
#include <canary/server.hpp>
#include <canary/service.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace canary {

/// A service and its life: start, run, drain. Declaration order is lifetime order.
struct service::impl {
  impl(config c, env_reader* e);
  ~impl();

  int run();
  /// From any thread; `signal` 0: not by a signal.
  void request_stop(int signal);

  config settings;
  env_reader own_env;
  env_reader* env;
  logger log;
  canary::metrics counters;
  fault_injector faults;
  router routes;
  router admin_routes;
  detail::readiness checks;
  std::vector<service_task> start_tasks;
  std::vector<service_task> drain_tasks;

  asio::io_context control{1};  // signals, both listeners, the drain; never the user's code
  std::unique_ptr<blocking_pool> pool;
  std::unique_ptr<server> admin;
  std::unique_ptr<server> http;

 private:
  void open();
  void wait_signal();
  asio::awaitable<void> get_ready();
  asio::awaitable<void> drain();
  asio::awaitable<void> wait(std::chrono::milliseconds time);
  void fail(std::string_view reason);
  void abandon();

  asio::signal_set signals_{control};
  bool stopping_ = false;
  bool skip_delay_ = false;
  std::atomic<bool> stopped_asking_{false};
  int exit_code_ = 0;
};

}  // namespace canary
