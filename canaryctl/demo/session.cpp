// SPDX-License-Identifier: BSL-1.0
// The client's side of a connection: heads, who gets the request, the proxy's own answers, the end.
#include "canaryctl/demo/session.hpp"

#include <boost/asio/co_spawn.hpp>

namespace canaryctl::demo::detail {

namespace http = boost::beast::http;

asio::awaitable<void> session::run() {
  for (bool keep = true; keep && !state_.stopping;) {
    message_parser<true> request;
    if (!co_await read_head(request)) break;
    keep = co_await exchange(request);
  }
  co_await linger();
}

void session::expire(clock::time_point now) {
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

void session::abort() {
  error_code ignored;
  client_.close(ignored);
  pod_.close(ignored);
  upload_ended_.cancel();
}

void session::wait_for(side who, std::chrono::milliseconds time) {
  waiting_for_ = who;
  deadline_ = clock::now() + time;
}

asio::awaitable<bool> session::write_client(std::string text) {
  wait_for(side::client, state_.options.client_timeout);
  const auto [ec, n] = co_await asio::async_write(client_, asio::buffer(text), token);
  co_return !ec;
}

asio::awaitable<bool> session::read_head(message_parser<true>& request) {
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

asio::awaitable<bool> session::exchange(message_parser<true>& request) {
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

asio::awaitable<void> session::linger() {
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
