// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/backend.hpp"
#include "canaryctl/demo/message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstdio>

namespace canaryctl::demo::detail {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece = 64 * 1024;
/// More than this unparsed means a head or a chunk's header beyond all reason.
constexpr std::size_t most_unparsed = 128 * 1024;
constexpr std::size_t most_idle = 64;

void append_chunk(std::string& out, const std::string& body) {
  if (body.empty()) return;
  char size[20];
  out.append(size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", body.size())));
  out.append(body).append("\r\n");
}

/// Parses what is buffered; false: the bytes are no HTTP, `ec` says why.
template <bool IsRequest>
bool parse(message_parser<IsRequest>& parser, boost::beast::flat_buffer& buffer, error_code& ec) {
  while (buffer.size() > 0 && !parser.is_done()) {
    const auto used = parser.put(buffer.data(), ec);
    buffer.consume(used);
    if (ec == http::error::need_more) break;
    if (ec) return false;
    if (!parser.eager() && parser.is_header_done()) break;
  }
  ec = {};
  return buffer.size() <= most_unparsed || parser.is_done();
}

}  // namespace

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

  asio::awaitable<void> run() {
    for (bool keep = true; keep && !state_.stopping;) {
      message_parser<true> request;
      if (!co_await read_head(request)) break;
      keep = co_await exchange(request);
    }
    co_await linger();
  }

  void expire(clock::time_point now) {
    if (now < deadline_) return;
    deadline_ = clock::time_point::max();
    error_code ignored;
    if (waiting_for_ == side::pod) {
      pod_expired_ = true;
      pod_.close(ignored);
    } else {
      client_.close(ignored);
    }
  }

  void abort() {
    error_code ignored;
    client_.close(ignored);
    pod_.close(ignored);
    upload_ended_.cancel();
  }

 private:
  enum class side { client, pod };

  void wait_for(side who, std::chrono::milliseconds time) {
    waiting_for_ = who;
    deadline_ = clock::now() + time;
  }

  asio::awaitable<bool> write_client(std::string text) {
    wait_for(side::client, state_.options.client_timeout);
    const auto [ec, n] = co_await asio::async_write(client_, asio::buffer(text), token);
    co_return !ec;
  }

  asio::awaitable<bool> read_head(message_parser<true>& request) {
    request.eager(false);
    bool started = client_buffer_.size() > 0;
    wait_for(side::client, started ? state_.options.client_timeout : state_.options.idle_timeout);
    for (;;) {
      error_code ec;
      if (!parse(request, client_buffer_, ec)) {
        ++state_.totals.rejected;
        const bool too_long = !ec || ec == http::error::header_limit;
        auto text = too_long ? own_response(431, "the head is longer than 64 KiB", true)
                             : own_response(400, "this is no HTTP/1 request: " + ec.message(), true);
        co_await write_client(std::move(text));
        co_return false;
      }
      if (request.is_header_done()) co_return true;
      const auto [read_error, n] = co_await client_.async_read_some(client_buffer_.prepare(piece), token);
      if (read_error) {
        gone_ = true;
        co_return false;
      }
      client_buffer_.commit(n);
      if (!started) wait_for(side::client, state_.options.client_timeout);  // one deadline for the whole head
      started = true;
    }
  }

  /// Serves one request. Returns whether the client's connection can be used again.
  asio::awaitable<bool> exchange(message_parser<true>& request) {
    const auto& head = request.head();
    const bool with_body = head.method != "HEAD";
    if (const auto refused = check_request(head); refused.status != 0) {
      ++state_.totals.rejected;
      auto text = own_response(refused.status, refused.why, true, with_body);
      co_await write_client(std::move(text));
      co_return false;
    }
    const auto body = request.body_framing();
    const bool can_keep = request.keep_alive() && body == framing::none && head.version >= 11;
    auto* const pod = state_.draw(head.find("X-Canary"));
    if (!pod) {
      auto text = own_response(503, "the track that was drawn has no ready pod", !can_keep, with_body);
      const bool sent = co_await write_client(std::move(text));
      co_return sent&& can_keep;
    }
    ++pod->counts.in_flight;
    what_ = head.method + " " + head.target.substr(0, 80);
    pod_expired_ = gone_ = bad_body_ = uploaded_ = false;
    pod_buffer_.clear();
    bool keep = request.keep_alive();
    unsigned status = 0;  // of the proxy's own answer
    if (!co_await connect(*pod, status)) {
      keep = can_keep;
    } else {
      auto text = forwarded_request(head, body, peer_);
      if (body == framing::none) {
        wait_for(side::pod, state_.options.answer_timeout);
        // An error here shows again in the read that follows; an answer may have come before it.
        co_await asio::async_write(pod_, asio::buffer(text), token);
        uploaded_ = true;
      } else {
        uploading_ = true;
        asio::co_spawn(state_.context, upload(request, body, std::move(text)), [this](std::exception_ptr) {
          uploading_ = false;
          upload_ended_.cancel();
        });
      }
      status = co_await download(*pod, request, keep);
      if (uploading_ && !uploaded_) {
        error_code ignored;
        client_.cancel(ignored);
        pod_.close(ignored);
      }
      while (uploading_) {
        upload_ended_.expires_at(clock::time_point::max());
        co_await upload_ended_.async_wait(token);
      }
      if (status != 0) keep = can_keep;
    }
    --pod->counts.in_flight;
    if (gone_) {
      // Nobody knows any more where the client's next request would begin.
      if (bad_body_) {
        auto text = own_response(400, "the body's chunks are malformed", true, with_body);
        co_await write_client(std::move(text));
      }
      co_return false;
    }
    if (status != 0) {
      std::string_view why = status == 504 ? "the pod did not answer in time" : "the pod gave no answer";
      auto text = own_response(status, why, !keep, with_body);
      const bool sent = co_await write_client(std::move(text));
      keep = keep && sent;
    }
    co_return keep;
  }

  /// An open connection to the pod in pod_. False: counted, and `status` is what the client gets.
  asio::awaitable<bool> connect(backend& pod, unsigned& status) {
    pod_ = pod.take_idle(state_.context);
    if (pod_.is_open()) co_return true;
    wait_for(side::pod, state_.options.connect_timeout);
    const tcp::endpoint where(asio::ip::make_address(pod.counts.address.host), pod.counts.address.http_port);
    const auto [ec] = co_await pod_.async_connect(where, token);
    if (!ec) {
      error_code ignored;
      pod_.set_option(tcp::no_delay(true), ignored);
      ++pod.counts.connections;
      co_return true;
    }
    status = pod_expired_ ? 504 : 502;
    state_.note_failure(pod, pod_expired_ ? &pod_counts::timeout : &pod_counts::refused,
                        (pod_expired_ ? "let the connection for " : "refused the connection for ") + what_ +
                            (pod_expired_ ? " time out" : ": " + ec.message()));
    co_return false;
  }

  asio::awaitable<void> upload(message_parser<true>& request, framing body, std::string out) {
    request.eager(true);
    for (;;) {
      error_code ec;
      const bool good = parse(request, client_buffer_, ec);
      if (body == framing::chunked)
        append_chunk(out, request.body());
      else
        out.append(request.body());
      request.clear_body();
      if (body == framing::chunked && request.is_done()) out.append("0\r\n\r\n");
      if (!out.empty()) {
        wait_for(side::pod, state_.options.answer_timeout);
        const auto [write_error, n] = co_await asio::async_write(pod_, asio::buffer(out), token);
        if (write_error) co_return;  // the answer, or its absence, is seen by download()
        out.clear();
      }
      bad_body_ = !good;
      if (request.is_done() || !good) break;
      wait_for(side::client, state_.options.client_timeout);
      const auto [read_error, n] = co_await client_.async_read_some(client_buffer_.prepare(piece), token);
      if (read_error) break;
      client_buffer_.commit(n);
    }
    if (request.is_done()) {
      uploaded_ = true;
      wait_for(side::pod, state_.options.answer_timeout);
    } else if (pod_.is_open()) {
      // The client left within its request, or broke its framing: the pod must not take what came for a whole.
      gone_ = true;
      error_code ignored;
      pod_.close(ignored);
    }
  }

  /// Relays the answer and counts what became of the request. Returns 0, or the status the client is still owed.
  asio::awaitable<unsigned> download(backend& pod, message_parser<true>& request, bool& keep) {
    for (;;) {
      message_parser<false> response;
      response.skip(request.head().method == "HEAD");
      if (const auto failed = co_await read_answer_head(pod, response)) co_return failed == client_left ? 0 : failed;
      const auto status = response.head().status;
      const int version = request.head().version;
      if (status / 100 == 1) {
        if (version < 11) continue;
        auto text = forwarded_response(response.head(), framing::none, version, false);
        const bool sent = co_await write_client(std::move(text));
        if (sent) continue;
        keep = false;
        leave(pod);
        co_return 0;
      }
      keep = co_await relay(pod, request, response, keep);
      co_return 0;
    }
  }

  static constexpr unsigned client_left = 1;

  /// 0: the head is there. Else counted, and the result is client_left or the status for the client.
  asio::awaitable<unsigned> read_answer_head(backend& pod, message_parser<false>& response) {
    response.eager(false);
    for (;;) {
      error_code ec;
      std::string wrong;
      if (!parse(response, pod_buffer_, ec)) {
        wrong = ec ? ec.message() : "the head is too long";
      } else if (response.is_header_done()) {
        wrong = check_response(response.head());
        if (wrong.empty() && response.head().status == 101) wrong = "an upgrade nobody asked for";
        if (wrong.empty()) co_return 0;
      }
      if (!wrong.empty()) {
        state_.note_failure(pod, &pod_counts::malformed, "gave a malformed answer to " + what_ + ": " + wrong);
        close_pod();
        co_return 502;
      }
      if (uploaded_) wait_for(side::pod, state_.options.answer_timeout);
      const auto [read_error, n] = co_await pod_.async_read_some(pod_buffer_.prepare(piece), token);
      if (!read_error) {
        pod_buffer_.commit(n);
        continue;
      }
      close_pod();
      if (gone_ || !client_.is_open()) {
        leave(pod);
        co_return client_left;
      }
      if (pod_expired_) {
        state_.note_failure(pod, &pod_counts::timeout, "did not answer " + what_ + " in time");
        co_return 504;
      }
      state_.note_failure(pod, &pod_counts::reset,
                          "closed the connection instead of answering " + what_ + ": " + read_error.message());
      co_return 502;
    }
  }

  /// Passes the answer on. Returns whether the client's connection can be used again.
  asio::awaitable<bool> relay(backend& pod, message_parser<true>& request, message_parser<false>& response, bool keep) {
    const int version = request.head().version;
    const auto from = response.body_framing();
    auto to = from;
    if (from == framing::chunked || from == framing::until_close)
      to = version >= 11 ? framing::chunked : framing::until_close;
    // While the request's body is still on its way, nobody knows where the next request would begin.
    keep = keep && uploaded_ && to != framing::until_close;
    auto out = forwarded_response(response.head(), to, version, !keep);
    response.eager(true);
    std::string trouble;
    for (;;) {
      error_code ec;
      if (!parse(response, pod_buffer_, ec)) trouble = ec ? ec.message() : "a chunk's header is too long";
      if (to == framing::chunked) {
        append_chunk(out, response.body());
        if (response.is_done()) out.append("0\r\n\r\n");
      } else {
        out.append(response.body());
      }
      response.clear_body();
      if (!out.empty()) {
        const bool sent = co_await write_client(std::exchange(out, {}));
        if (!sent) {
          leave(pod);
          co_return false;
        }
      }
      if (response.is_done() || !trouble.empty()) break;
      wait_for(side::pod, state_.options.answer_timeout);
      const auto [read_error, n] = co_await pod_.async_read_some(pod_buffer_.prepare(piece), token);
      if (!read_error) {
        pod_buffer_.commit(n);
        continue;
      }
      if (gone_ || !client_.is_open()) {
        leave(pod);
        co_return false;
      }
      if (read_error == asio::error::eof) {
        response.put_eof(ec);
        if (!ec) continue;
      }
      trouble = pod_expired_ ? "time out" : read_error.message();
      break;
    }
    if (!trouble.empty()) {
      state_.note_failure(
          pod, pod_expired_ ? &pod_counts::timeout : &pod_counts::cut,
          (pod_expired_ ? "stalled within its answer to " : "cut its answer to ") + what_ + ": " + trouble);
      close_pod();
      cut_client();
      co_return false;
    }
    ++pod.counts.statuses[response.head().status];
    const bool reusable = response.keep_alive() && from != framing::until_close && uploaded_ &&
                          pod_buffer_.size() == 0 && pod.counts.ready && pod.idle.size() < most_idle;
    if (reusable && !state_.stopping)
      pod.idle.push_back(std::move(pod_));
    else
      close_pod();
    co_return keep;
  }

  void leave(backend& pod) {
    ++pod.counts.client_gone;
    gone_ = true;
    close_pod();
  }

  void close_pod() {
    error_code ignored;
    pod_.close(ignored);
  }

  /// With a reset, because a plain end would look like a whole answer where only the end of the connection tells it.
  void cut_client() {
    error_code ignored;
    client_.set_option(asio::socket_base::linger(true, 0), ignored);
    client_.close(ignored);
    gone_ = true;
  }

  /// Lets the client read the answer before its unread input could reset the connection.
  asio::awaitable<void> linger() {
    error_code ignored;
    if (!gone_ && client_.is_open() && !state_.stopping) {
      client_.shutdown(tcp::socket::shutdown_send, ignored);
      wait_for(side::client, std::chrono::seconds(1));
      for (std::size_t left = 64; left > 0; --left) {
        client_buffer_.clear();
        const auto [ec, n] = co_await client_.async_read_some(client_buffer_.prepare(piece), token);
        if (ec) break;
      }
    }
    client_.close(ignored);
  }

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

asio::awaitable<void> serve(proxy_state& state, tcp::socket client) {
  try {
    session one(state, std::move(client));
    co_await one.run();
  } catch (const std::exception&) {  // no memory, at the worst: this connection's end only
  }
}

void expire_sessions(proxy_state& state, bool all) {
  const auto now = clock::now();
  for (auto* const one : state.sessions) all ? one->abort() : one->expire(now);
}

}  // namespace canaryctl::demo::detail
