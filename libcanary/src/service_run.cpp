// SPDX-License-Identifier: BSL-1.0
#include "service_run.hpp"

#include "admin_routes.hpp"
#include "cpu_quota.hpp"
#include "failure.hpp"

#include <canary/version.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>

#include <unistd.h>

namespace canary {
namespace {

constexpr auto deferred = asio::as_tuple(asio::deferred);
constexpr std::chrono::milliseconds ask_until_ready{100};
constexpr std::chrono::milliseconds ask_again{1000};
// Blocking work that waits beside the work that runs, for each thread of the pool.
constexpr std::size_t queued_for_each_thread = 64;
// The admin connections that are busy with a scrape when all else has ended.
constexpr std::chrono::milliseconds admin_timeout{1000};

std::vector<canary::metrics::http_route> metric_routes(const router& routes) {
  std::vector<canary::metrics::http_route> all;
  for (const auto& r : routes.routes()) all.push_back({r.label, r.methods});
  return all;
}

}  // namespace

service::impl::impl(config c, env_reader* e)
    : settings(std::move(c)),
      env(e ? e : &own_env),
      log(settings.self, settings.level),
      counters(settings.self),
      faults(settings.fault) {}

service::impl::~impl() = default;

int service::impl::run() {
  const auto& rows = env->settings();
  log.info("start",
           {{"pid", ::getpid()},
            {"libcanary", library_version()},
            {"config", log_field::json{boost::json::serialize(rows.empty() ? to_json(settings) : to_json(rows))}}});
  for (const auto& warning : env->warnings()) log.warning("configuration", {{"reason", warning}});
  try {
    // Before anything can send one: a process that is told to stop while it starts shall drain, too.
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    open();
  } catch (const std::exception& e) {
    fail(e.what());
    return exit_code_;
  }
  wait_signal();
  asio::co_spawn(http->executor(), get_ready(), [this](std::exception_ptr thrown) {
    if (!thrown) return;
    asio::post(control, [this, reason = detail::what(thrown)] {
      fail(reason);
      request_stop(0);
    });
  });
  control.run();
  log.info("stopped", {{"exit_code", exit_code_}});
  return exit_code_;
}

void service::impl::open() {
  counters.declare_http(metric_routes(routes), {settings.fault.error_status});
  const auto threads = settings.threads > 0 ? settings.threads : detail::default_threads();
  pool = std::make_unique<blocking_pool>(settings.blocking_threads, settings.blocking_threads * queued_for_each_thread);
  http = std::make_unique<server>(control.get_executor(),
                                  server::options{"http", settings.http_address, settings.http_port, threads},
                                  server::parts{settings, routes, log, &counters, &faults, pool.get()});
  detail::add_admin_routes(admin_routes, {settings, *env, counters, log, faults, checks, *http});
  admin = std::make_unique<server>(control.get_executor(),
                                   server::options{"admin", settings.admin_address, settings.admin_port, 1},
                                   server::parts{settings, admin_routes, log});
  admin->listen();
  http->listen();
  admin->start();
  http->start();
  log.info("listening", {{"http_address", settings.http_address},
                         {"http_port", http->port()},
                         {"admin_address", settings.admin_address},
                         {"admin_port", admin->port()},
                         {"threads", threads}});
}

void service::impl::fail(std::string_view reason) {
  exit_code_ = 1;
  log.error("failed", {{"reason", reason}});
}

void service::impl::wait_signal() {
  signals_.async_wait([this](const boost::system::error_code& ec, int signal) {
    if (ec) return;
    // Somebody does not want to wait for the drain.
    if (stopping_) ::_exit(128 + signal);
    skip_delay_ = signal == SIGINT && ::isatty(STDIN_FILENO) == 1;
    request_stop(signal);
    wait_signal();
  });
}

void service::impl::request_stop(int signal) {
  asio::post(control, [this, signal] {
    if (stopping_ || !http) return;
    stopping_ = true;
    log.info("drain", {{"step", "not_ready"},
                       {"signal", signal},
                       {"delay_seconds", std::chrono::duration<double>(settings.drain_delay).count()},
                       {"connections", http->connections()}});
    asio::co_spawn(control, drain(), [this](std::exception_ptr thrown) {
      if (thrown) fail(detail::what(thrown));
      control.stop();
    });
  });
}

asio::awaitable<void> service::impl::wait(std::chrono::milliseconds time) {
  asio::steady_timer timer(control, time);
  co_await timer.async_wait(deferred);
}

/// On an I/O thread, for the checks and tasks are the user's.
asio::awaitable<void> service::impl::get_ready() {
  for (const auto& task : start_tasks) co_await task();
  checks.started();
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (bool was_ready = false; !stopped_asking_;) {
    const bool ready = co_await checks.ask();
    if (ready != was_ready) log.info(ready ? "ready" : "not_ready");
    was_ready = ready;
    timer.expires_after(ready ? ask_again : ask_until_ready);
    co_await timer.async_wait(deferred);
  }
}

asio::awaitable<void> service::impl::drain() {
  checks.draining();
  http->announce_drain();
  if (!skip_delay_ && exit_code_ == 0) co_await wait(settings.drain_delay);
  co_await http->drain(settings.drain_timeout);
  stopped_asking_ = true;
  for (const auto& task : drain_tasks) {
    const auto [thrown] = co_await asio::co_spawn(http->executor(), task(), deferred);
    if (thrown) fail("a task of the drain: " + detail::what(thrown));
  }
  log.info("drain", {{"step", "tasks_done"}, {"count", drain_tasks.size()}});
  co_await admin->drain(admin_timeout);
  abandon();
  http.reset();
  admin.reset();
}

/// Work that goes on although everything has told it to end cannot be waited for: it is left to the end of the process.
void service::impl::abandon() {
  const auto running = pool->running();
  if (running == 0) return;
  log.warning("drain", {{"step", "abandoned"}, {"blocking", running}});
  static_cast<void>(pool.release());
}

}  // namespace canary
