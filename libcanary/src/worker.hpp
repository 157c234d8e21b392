// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "deadline_queue.hpp"
#include "networks.hpp"
#include "request_facts.hpp"
#include "response_writer.hpp"

#include <canary/blocking.hpp>
#include <canary/config.hpp>
#include <canary/fault.hpp>
#include <canary/log.hpp>
#include <canary/metrics.hpp>
#include <canary/router.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace canary::detail {

using steady = std::chrono::steady_clock;

/// What all connections of one server read; it does not change while they run, but for `draining`.
struct server_shared {
  const config& settings;
  const router& routes;
  logger& log;
  fault_injector* faults = nullptr;
  blocking_pool* pool = nullptr;
  networks trusted;
  std::string extra;  ///< whole header lines that every answer carries
  std::atomic<bool> draining{false};
};

/// An accepted connection before it has a session.
struct accepted {
  int socket = -1;
  bool v6 = false;
  bool refuse = false;  ///< over the limit: a 503 and goodbye
  std::string peer;
};

class session;
struct session_list;
using session_hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// One I/O thread with all that its connections use. Members without a lock belong to that thread.
class worker {
 public:
  worker(server_shared& shared, metrics::shard* counters);
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker();

  void start();
  /// Returns when the thread has ended.
  void stop();

  // From any thread:
  void take(accepted a);
  /// Runs `f` on the thread.
  void post(std::function<void()> f);
  [[nodiscard]] unsigned connections() const noexcept { return connections_.load(std::memory_order_relaxed); }
  /// How long the thread has not turned.
  [[nodiscard]] steady::duration stuck() const noexcept;
  [[nodiscard]] asio::io_context& io() noexcept { return io_; }

  // From its own thread:
  void arm(deadline_queue::entry& e, phase p, steady::time_point now);
  void disarm(deadline_queue::entry& e) noexcept { deadlines_.disarm(e); }
  /// Idle connections without a request in their socket are shut down. \returns how many.
  std::size_t close_idle();
  /// Closes what is left. \returns how many.
  std::size_t cut_all();

  [[nodiscard]] server_shared& shared() noexcept { return shared_; }
  [[nodiscard]] metrics::shard* counters() noexcept { return counters_; }
  [[nodiscard]] id_generator& ids() noexcept { return ids_; }
  [[nodiscard]] std::string_view date() { return date_.of(std::time(nullptr)); }

 private:
  friend class session;
  void tick(steady::time_point now);
  void wait_tick(steady::time_point until);
  void run();

  server_shared& shared_;
  metrics::shard* counters_;
  deadline_queue deadlines_;
  id_generator ids_;
  date_line date_;
  // Written by the acceptor and by this thread; on a line of their own.
  alignas(64) std::atomic<unsigned> connections_{0};
  alignas(64) std::atomic<steady::rep> last_turn_;
  std::unique_ptr<session_list> sessions_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  asio::steady_timer timer_;
  steady::time_point wake_;
  std::thread thread_;
};

}  // namespace canary::detail
