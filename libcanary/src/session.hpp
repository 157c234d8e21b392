// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "chunk_decoder.hpp"
#include "head_scanner.hpp"
#include "input_buffer.hpp"
#include "worker.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace canary::detail {

// Pipelined answers share one write up to this size.
inline constexpr std::size_t coalesced = 64 * 1024;

/// One connection: a coroutine that reads requests, has them answered and writes the answers, on one thread from birth
/// to death. Buffers are kept from one request to the next.
class session final : public deadline_queue::entry, public session_hook {
 public:
  /// Begins on the worker's thread; ends and destroys itself.
  static void start(worker& w, accepted a);
  session(worker& w, accepted a);
  ~session();

  /// Shuts an idle connection down. False: it is busy, or a request waits in its socket.
  bool close_if_idle();
  /// Closes the socket and cancels the handler. False: there was no more to cut than a goodbye.
  bool cut();

 private:
  asio::awaitable<void> run();
  asio::awaitable<void> serve();

  // The phases of one exchange, in their order.
  head_scanner::state scan_head();
  [[nodiscard]] bool received(const boost::system::error_code& ec);
  [[nodiscard]] bool take_buffered_body();
  asio::awaitable<bool> read_body();
  asio::awaitable<bool> read_sized_body();
  asio::awaitable<bool> read_chunked_body();
  [[nodiscard]] chunk_decoder::state feed_chunks();
  void begin_exchange();
  void read_facts();
  void call_plain(const plain_handler& h);
  asio::awaitable<bool> await_handler(fault_injector::decision fault);
  void queue_answer();
  [[nodiscard]] bool flush();
  asio::awaitable<bool> flush_rest();
  void end_exchange();
  asio::awaitable<void> linger();

  /// Queues the answer to what never became a request; the connection closes behind it.
  void refuse(unsigned status, const char* detail);
  void answer_failure(unsigned status, std::string_view detail);
  void answer_exception(const std::exception_ptr& thrown);
  void answer_overdue();

  void log_failure() const;
  void log_access() const;
  [[nodiscard]] std::string_view route_label() const noexcept;
  void arm(phase p);
  void disarm();
  void on_deadline(phase p) override;

  worker& worker_;
  server_shared& shared_;
  asio::ip::tcp::socket socket_;
  asio::cancellation_signal cancel_;
  std::string peer_;
  bool refused_;
  bool counted_ = false;

  bool served_ = false;   // at least one request
  bool idle_ = false;     // waits for a request's first byte
  bool close_ = false;    // behind the answer that is queued
  bool shut_ = false;     // nothing more can be sent
  bool gone_ = false;     // nothing more can be read, or nobody is there to read what we send
  bool overdue_ = false;  // the handler that runs was answered for
  bool cut_ = false;
  std::optional<phase> armed_;
  std::optional<phase> timed_out_;

  steady::time_point opened_;
  steady::time_point now_;    // of the last read or write
  steady::time_point begin_;  // of the request: its first byte
  input_buffer in_;
  head_scanner scanner_;
  chunk_decoder chunks_;
  std::string body_;              // where it does not lie whole behind its head
  std::size_t request_size_ = 0;  // bytes of `in_` that the request takes
  bool body_in_place_ = false;

  request request_;
  std::vector<field> fields_;
  router::parameters parameters_;
  router::match match_;
  context context_;
  std::array<char, 32> id_{};
  std::optional<metrics::shard::scope> scope_;
  response answer_;
  std::string failure_;  // for the log only
  std::string out_;
  std::string_view rest_;  // a large body behind `out_`
  std::size_t sent_ = 0;   // of both
};

/// The connections of one thread.
struct session_list : boost::intrusive::list<session, boost::intrusive::base_hook<session_hook>,
                                             boost::intrusive::constant_time_size<false>> {};

}  // namespace canary::detail
