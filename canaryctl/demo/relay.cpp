// SPDX-License-Identifier: BSL-1.0
// The pod's side of an exchange: the request's body up, the answer down, and what is counted against the pod.
#include "canaryctl/demo/session.hpp"

#include <cstdio>

namespace canaryctl::demo::detail {
namespace {

constexpr std::size_t most_unparsed = 128 * 1024;  // a head or a chunk's header beyond all reason
constexpr std::size_t most_idle = 64;

}  // namespace

void append_chunk(std::string& out, const std::string& body) {
  if (body.empty()) return;
  char size[20];
  out.append(size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", body.size())));
  out.append(body).append("\r\n");
}

template <bool IsRequest>
bool parse(message_parser<IsRequest>& parser, boost::beast::flat_buffer& buffer, error_code& ec) {
  while (buffer.size() > 0 && !parser.is_done()) {
    const auto used = parser.put(buffer.data(), ec);
    buffer.consume(used);
    if (ec == boost::beast::http::error::need_more) break;
    if (ec) return false;
    if (!parser.eager() && parser.is_header_done()) break;
  }
  ec = {};
  return buffer.size() <= most_unparsed || parser.is_done();
}

template bool parse(message_parser<true>&, boost::beast::flat_buffer&, error_code&);
template bool parse(message_parser<false>&, boost::beast::flat_buffer&, error_code&);

asio::awaitable<bool> session::connect(backend& pod, unsigned& status) {
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

asio::awaitable<void> session::upload(message_parser<true>& request, framing body, std::string out) {
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

asio::awaitable<unsigned> session::download(backend& pod, message_parser<true>& request, bool& keep) {
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

asio::awaitable<unsigned> session::read_answer_head(backend& pod, message_parser<false>& response) {
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

asio::awaitable<bool> session::relay(backend& pod, message_parser<true>& request, message_parser<false>& response,
                                     bool keep) {
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
  const bool reusable = response.keep_alive() && from != framing::until_close && uploaded_ && pod_buffer_.size() == 0 &&
                        pod.counts.ready && pod.idle.size() < most_idle;
  if (reusable && !state_.stopping)
    pod.idle.push_back(std::move(pod_));
  else
    close_pod();
  co_return keep;
}

void session::leave(backend& pod) {
  ++pod.counts.client_gone;
  gone_ = true;
  close_pod();
}

void session::close_pod() {
  error_code ignored;
  pod_.close(ignored);
}

void session::cut_client() {
  error_code ignored;
  client_.set_option(asio::socket_base::linger(true, 0), ignored);
  client_.close(ignored);
  gone_ = true;
}

}  // namespace canaryctl::demo::detail
