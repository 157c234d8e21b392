// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/demo/backend.hpp"
#include "canaryctl/demo/message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <list>
#include <string>

namespace canaryctl::demo::detail {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece = 64 * 1024;  // what is read at once

void append_chunk(std::string& out, const std::string& body);

/// Parses what is buffered; false: the bytes are no HTTP, `ec` says why, or there are too many without an end.
template <bool IsRequest>
bool parse(message_parser<IsRequest>& parser, boost::beast::flat_buffer& buffer, error_code& ec);
extern template bool parse(message_parser<true>&, boost::beast::flat_buffer&, error_code&);
extern template bool parse(message_parser<false>&, boost::beast::flat_buffer&, error_code&);

/// One client's connection. Requests are served one after the other; within one, the request's body and the answer
/// are relayed at the same time, by two coroutines on the proxy's only thread.
class session {
 public:
  session(proxy_state& state, tcp::socket client)
      : state_(state), client_(std::move(client)), pod_(state.context), upload_ended_(state.context) {
    error_code ec;
    client_.set_option(tcp::no_delay(true), ec);
    const auto peer = client_.remote_endpoint(ec);
    if (!ec) peer_ = peer.address().to_string();
    self_ = state_.sessions.insert(state_.sessions.end(), this);
  }
  ~session() { state_.sessions.erase(self_); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  asio::awaitable<void> run();
  /// Closes the side that is waited for, if its time is over.
  void expire(clock::time_point now);
  void abort();

 private:
  enum class side { client, pod };

  void wait_for(side who, std::chrono::milliseconds time);
  /// Bind the text to a name first: g++ 12 destroys a temporary of a conditional in a co_await expression twice.
  asio::awaitable<bool> write_client(std::string text);
  asio::awaitable<bool> read_head(message_parser<true>& request);

  /// Serves one request. Returns whether the client's connection can be used again.
  asio::awaitable<bool> exchange(message_parser<true>& request);

  /// An open connection to the pod in pod_. False: counted, and `status` is what the client gets.
  asio::awaitable<bool> connect(backend& pod, unsigned& status);
  /// `out` goes first, then the body as it comes. Runs beside download().
  asio::awaitable<void> upload(message_parser<true>& request, framing body, std::string out);

  /// Relays the answer and counts what became of the request. Returns 0, or the status the client is still owed.
  asio::awaitable<unsigned> download(backend& pod, message_parser<true>& request, bool& keep);

  static constexpr unsigned client_left = 1;

  /// 0: the head is there. Else counted, and the result is client_left or the status for the client.
  asio::awaitable<unsigned> read_answer_head(backend& pod, message_parser<false>& response);

  /// Passes the answer on. Returns whether the client's connection can be used again.
  asio::awaitable<bool> relay(backend& pod, message_parser<true>& request, message_parser<false>& response, bool keep);
  /// The client is gone: counted, and no fault of the pod.
  void leave(backend& pod);
  void close_pod();

  /// With a reset, because a plain end would look like a whole answer where only the end of the connection tells it.
  void cut_client();

  /// Lets the client read the answer before its unread input could reset the connection.
  asio::awaitable<void> linger();

  proxy_state& state_;
  tcp::socket client_;
  tcp::socket pod_;
  asio::steady_timer upload_ended_;
  boost::beast::flat_buffer client_buffer_;
  boost::beast::flat_buffer pod_buffer_;
  std::list<session*>::iterator self_;
  std::string peer_;
  std::string what_;
  side waiting_for_ = side::client;
  clock::time_point deadline_ = clock::time_point::max();
  bool pod_expired_ = false;
  bool gone_ = false;       // the client left, or there is nothing left to say to it
  bool bad_body_ = false;   // the client's chunks could not be read
  bool uploading_ = false;  // the upload's coroutine exists
  bool uploaded_ = false;   // the pod has the whole request
};

}  // namespace canaryctl::demo::detail
