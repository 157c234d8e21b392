// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/blocking.hpp>
#include <canary/config.hpp>
#include <canary/fault.hpp>
#include <canary/http.hpp>
#include <canary/log.hpp>
#include <canary/metrics.hpp>
#include <canary/router.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace canary {

/// An HTTP/1.1 server: one listener that hands each connection to the I/O thread with the fewest of them, and threads
/// on which a connection lives from its first byte to its last. `service` runs two of them, for the public and the
/// admin port; use this class where the rest of `service` is not wanted.
///
/// All members but `stuck` and `connections` are for the thread that runs the accepting executor.
class server {
 public:
  struct options {
    std::string name = "http";  ///< in log lines
    std::string address = "::";
    std::uint16_t port = 8080;
    unsigned threads = 1;
  };

  /// What it works with; all of it outlives the server.
  struct parts {
    const config& settings;  ///< timeouts, limits, trusted proxies, access log
    const router& routes;    ///< complete
    logger& log;
    canary::metrics* counters = nullptr;  ///< null: nothing is counted, no access log. Its routes are declared already.
    fault_injector* faults = nullptr;     ///< null: none are injected
    blocking_pool* pool = nullptr;        ///< null: `context::blocking` throws
  };

  server(asio::any_io_executor accept_on, options o, parts p);
  /// Cuts what is still connected. Blocks until the threads have ended.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds and listens; connections queue up. \throws std::runtime_error naming address and port.
  void listen();
  /// The port listened on: the kernel's choice where the options say 0.
  [[nodiscard]] std::uint16_t port() const;
  /// Starts the threads and accepts.
  void start();

  /// From now on every answer carries `Connection: close`; connections are still accepted.
  void announce_drain() noexcept;

  struct drained {
    std::size_t queued = 0;    ///< connections that still waited to be accepted when the drain began
    std::size_t idle = 0;      ///< closed without a request
    std::size_t finished = 0;  ///< busy ones that ended by themselves
    std::size_t cut = 0;       ///< busy ones closed at the time-out
  };
  /// Accepts what is queued, closes the listener and the idle connections, and lets the busy ones finish.
  asio::awaitable<drained> drain(std::chrono::milliseconds timeout);

  /// How long the I/O thread has not turned that was stuck longest.
  [[nodiscard]] std::chrono::steady_clock::duration stuck() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;
  /// Of the first I/O thread, for tasks of the user's own.
  [[nodiscard]] asio::any_io_executor executor();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
