// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace canaryctl {

struct load_options {
  http_target target;
  http_request request;
  double rate = 100;             ///< requests a second, 0 < rate <= 100000
  std::size_t connections = 16;  ///< at most so many requests are under way at once
  std::uint64_t limit = 0;       ///< stops by itself after so many; 0: only stop() ends it
  bool fresh = false;            ///< a connection for each request instead of kept ones
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);  ///< of one request, from its sending
  bool keep_headers = false;            ///< fill http_response::headers (needed for version_of by header)
  std::size_t keep_body = 0;            ///< bytes of the body to keep
  std::size_t max_waiting = 1'000'000;  ///< requests that may wait for a free connection; more are `unsent` at once
};

/// One request of a load. Latency is finished - intended: time spent waiting for a free connection counts, so that
/// a stalled server cannot hide the requests that it kept from being sent (no coordinated omission).
struct load_record {
  using clock = std::chrono::steady_clock;
  clock::time_point intended;  ///< when the schedule wanted it sent
  clock::time_point sent;      ///< when it was begun; intended <= sent
  clock::time_point finished;
  const exchange_result& exchange;  ///< valid during the callback only
};

/// Requests at a constant rate, open loop: the schedule never waits for answers. Request k is due at start + k / rate.
/// Any number of generators may share an executor.
///
/// Completion: after stop() no request becomes due; those waiting are still sent for at most `timeout`, the rest are
/// recorded as unsent, and `on_finished` is called once when none is under way.
/// Cancellation: the destructor abandons what is under way without records; call it on the executor's thread or when
/// the executor has stopped.
/// Thread safety: start, stop and set_rate may be called from any thread; callbacks run on the executor, which must
/// be single threaded (an io_context run by one thread, or a strand).
/// A kept connection that the server announced to close (Connection: close, HTTP/1.0), or that it closed while idle
/// before we began to write, is replaced and counts nothing. One that ends after we wrote is a `reset`.
class load_generator {
 public:
  using on_record = std::function<void(const load_record&)>;
  using on_finished = std::function<void()>;

  load_generator(boost::asio::any_io_executor executor, load_options options, on_record record,
                 on_finished finished = {});
  ~load_generator();
  load_generator(load_generator&&) noexcept;
  load_generator& operator=(load_generator&&) noexcept;

  void start();
  void stop();
  /// From now on; requests that are already due stay due. Precondition: 0 < rate <= 100000.
  void set_rate(double rate);

  /// Connections opened so far. On the executor's thread only.
  std::uint64_t connections_opened() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace canaryctl
