// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace canaryctl {

/// The request as it goes out, shared by many exchanges.
struct wire_request {
  std::string bytes;
  bool keep_alive = true;
  bool head = false;  ///< a HEAD request: the answer has no body whatever its fields say
};

struct connection_options {
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  bool keep_headers = true;
  std::size_t keep_body = 16u << 20;
};

/// One client connection, opened when needed and kept as long as both sides want it.
/// Not thread safe; one exchange at a time. Cancellation: destroy it; a running exchange then ends by itself, its
/// result is of no use.
class connection {
 public:
  connection(boost::asio::any_io_executor executor, const http_target& target, connection_options options);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Sends and reads one answer. Bounded by the timeout in all; never throws for what the network does. `request`
  /// must live until it completes.
  boost::asio::awaitable<exchange_result> exchange(const wire_request& request);

  /// After the last exchange: waits up to `limit` for the server to close first, so that the closed connection's
  /// port stays in its TIME_WAIT and not in ours, then closes.
  boost::asio::awaitable<void> close(std::chrono::nanoseconds limit);

  /// Closes at once; not during an exchange.
  void disconnect();

  /// Connections opened so far.
  std::uint64_t opened() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace canaryctl
