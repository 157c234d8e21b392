// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "worker.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>

namespace canary::detail {

/// A listening socket and its accept loop. All members are for the executor's thread.
class listener {
 public:
  /// What to do with a new connection; the callee owns the socket.
  using taker = std::function<void(accepted)>;
  /// Told of every connection that could not be accepted for want of descriptors or memory.
  using loser = std::function<void()>;

  listener(asio::any_io_executor executor, logger& log, std::string name);

  /// \throws std::runtime_error naming address and port.
  void open(const std::string& address, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;

  /// Until it is closed. The listener lives until this has ended.
  asio::awaitable<void> accept(taker take, loser lost);
  /// Refuses new connections, accepts those that the kernel has queued, then closes. \returns how many it accepted.
  asio::awaitable<std::size_t> close_gently(taker take);
  void close();

 private:
  enum class step { empty, more, failed };
  struct batch {
    step result;
    std::size_t count;
  };
  batch accept_queued(const taker& take);
  void report(int error);

  asio::ip::tcp::acceptor acceptor_;
  logger& log_;
  std::string name_;
  bool v6_ = false;
  steady::time_point last_report_{};
};

}  // namespace canary::detail
