// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include "failure.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <memory>

namespace canary::detail {
namespace {

constexpr auto deferred = asio::as_tuple(asio::deferred);

// A connection that was told to close is read from no further than this.
constexpr std::size_t lingered = 1024 * 1024;

}  // namespace

void session::start(worker& w, accepted a) {
  auto s = std::make_unique<session>(w, std::move(a));
  auto& one = *s;
  w.sessions_->push_back(one);
  // The completion handler owns the session: whatever the coroutine's frames refer to outlives them.
  asio::co_spawn(w.io_, one.run(),
                 asio::bind_cancellation_slot(one.cancel_.slot(), [s = std::move(s)](std::exception_ptr thrown) {
                   if (thrown && !s->cut_) s->shared_.log.error("session_failed", {{"reason", what(thrown)}});
                 }));
}

session::session(worker& w, accepted a)
    : worker_(w),
      shared_(w.shared()),
      socket_(w.io_),
      peer_(std::move(a.peer)),
      refused_(a.refuse),
      opened_(steady::now()),
      now_(opened_),
      begin_(opened_),
      scanner_({shared_.settings.max_head, shared_.settings.max_body}),
      context_({}, w.io_.get_executor(), shared_.pool) {
  boost::system::error_code ec;
  socket_.assign(a.v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), a.socket, ec);
  if (ec) ::close(a.socket);
  counted_ = worker_.counters() != nullptr && !refused_;
  if (counted_) worker_.counters()->connection_opened();
}

session::~session() {
  worker_.disarm(*this);
  if (overdue_ && worker_.counters()) worker_.counters()->handler_overdue(-1);
  scope_.reset();
  if (counted_) worker_.counters()->connection_closed();
  worker_.connections_.fetch_sub(1, std::memory_order_relaxed);
}

asio::awaitable<void> session::run() {
  if (!socket_.is_open()) co_return;
  boost::system::error_code ec;
  socket_.non_blocking(true, ec);
  if (!ec) socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  if (ec) co_return;
  if (refused_) {
    context_.renew({.request_id = worker_.ids().id(id_), .peer = peer_, .trace = {}});
    answer_failure(503, "this server has as many connections as it takes");
    answer_.header("Retry-After", "1");
    close_ = true;
    queue_answer();
    gone_ = !flush();
  } else {
    co_await serve();
  }
  if (!cut_ && !gone_) co_await linger();
}

asio::awaitable<void> session::serve() {
  while (!close_) {
    auto head = scan_head();
    while (head == head_scanner::state::more) {
      if (!out_.empty() && !flush() && !co_await flush_rest()) co_return;
      idle_ = in_.empty();
      if (const auto p = idle_ ? phase::idle : phase::head; armed_ != p) arm(p);
      in_.reserve(1024);
      const auto [ec, n] = co_await socket_.async_read_some(asio::buffer(in_.room(), in_.room_size()), deferred);
      idle_ = false;
      if (!received(ec)) break;
      if (in_.empty()) begin_ = now_;
      in_.added(n);
      head = scan_head();
    }
    if (head == head_scanner::state::more) break;
    if (head == head_scanner::state::bad) {
      refuse(scanner_.error_status(), scanner_.error_detail());
      break;
    }
    if (!take_buffered_body() && !co_await read_body()) break;

    begin_exchange();
    if (match_.result != router::outcome::found) {
      answer_ = without_handler(match_, request_.path, context_.request_id());
    } else {
      const auto fault = shared_.faults ? shared_.faults->draw(shared_.routes.routes()[match_.route].path)
                                        : fault_injector::decision{};
      const auto* plain = std::get_if<plain_handler>(match_.target);
      if (plain && fault.status == 0 && fault.latency.count() == 0)
        call_plain(*plain);
      else if (!co_await await_handler(fault))
        co_return;
    }
    queue_answer();
    // What the client has sent already is answered in the same write.
    if (close_ || !rest_.empty() || in_.data().size() == request_size_ || out_.size() > coalesced) {
      if (!flush() && !co_await flush_rest()) co_return;
    } else {
      now_ = steady::now();
    }
    end_exchange();
  }
  if (!out_.empty() && !flush()) co_await flush_rest();
}

bool session::received(const boost::system::error_code& ec) {
  if (!ec && !shut_ && !cut_) {
    timed_out_.reset();
    now_ = steady::now();
    return true;
  }
  if (timed_out_ == phase::head || timed_out_ == phase::body) {
    refuse(408, timed_out_ == phase::head ? "the head did not arrive in time" : "the body did not arrive in time");
    timed_out_.reset();
  } else if (ec) {
    gone_ = true;
  }
  return false;
}

asio::awaitable<bool> session::read_body() {
  if (close_) co_return false;
  if (scanner_.expects_continue() && body_.empty() && in_.data().size() == scanner_.size())
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!out_.empty() && !flush() && !co_await flush_rest()) co_return false;
  arm(phase::body);
  const bool complete = scanner_.chunked() ? co_await read_chunked_body() : co_await read_sized_body();
  disarm();
  co_return complete;
}

asio::awaitable<bool> session::read_sized_body() {
  // Memory follows what has arrived, not what was announced.
  constexpr std::size_t least = 16 * 1024;
  const auto length = static_cast<std::size_t>(scanner_.content_length());
  body_.assign(in_.data().substr(scanner_.size()));
  in_.truncate(scanner_.size());
  for (auto have = body_.size(); have < length;) {
    if (have == body_.size()) body_.resize(std::min(length, have + std::max(have, least)));
    const auto [ec, n] = co_await socket_.async_read_some(asio::buffer(body_) + have, deferred);
    if (!received(ec)) co_return false;
    have += n;
  }
  co_return true;
}

asio::awaitable<bool> session::read_chunked_body() {
  for (;;) {
    in_.reserve(4096);
    const auto [ec, n] = co_await socket_.async_read_some(asio::buffer(in_.room(), in_.room_size()), deferred);
    if (!received(ec)) co_return false;
    in_.added(n);
    if (const auto result = feed_chunks(); result != chunk_decoder::state::more)
      co_return result == chunk_decoder::state::done;
  }
}

asio::awaitable<bool> session::await_handler(fault_injector::decision fault) {
  if (!out_.empty() && !flush() && !co_await flush_rest()) co_return false;
  arm(phase::handler);
  std::exception_ptr thrown;
  try {
    if (fault.latency.count() > 0) {
      asio::steady_timer latency(worker_.io_, fault.latency);
      co_await latency.async_wait(deferred);
    }
    if (!overdue_ && !cut_) {
      if (fault.status != 0) {
        failure_ = "injected fault";
        answer_failure(fault.status, "a fault was injected on purpose");
        answer_.header("X-Canary-Fault", "error");
      } else if (const auto* coroutine = std::get_if<async_handler>(match_.target)) {
        answer_ = co_await (*coroutine)(request_, context_);
      } else {
        call_plain(std::get<plain_handler>(*match_.target));
      }
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  disarm();
  now_ = steady::now();
  if (overdue_) {
    overdue_ = false;
    if (worker_.counters()) worker_.counters()->handler_overdue(-1);
    // What cancelled the handler shall not end the goodbye.
    co_await asio::this_coro::reset_cancellation_state();
    co_return false;
  }
  if (cut_) co_return false;
  if (thrown) answer_exception(thrown);
  co_return true;
}

asio::awaitable<bool> session::flush_rest() {
  now_ = steady::now();
  arm(phase::write);
  const auto skip = std::min(sent_, out_.size());
  const std::array<asio::const_buffer, 2> parts{asio::buffer(out_) + skip,
                                                asio::buffer(rest_.data(), rest_.size()) + (sent_ - skip)};
  const auto [ec, n] = co_await asio::async_write(socket_, parts, deferred);
  static_cast<void>(n);
  disarm();
  out_.clear();
  rest_ = {};
  sent_ = 0;
  now_ = steady::now();
  gone_ = gone_ || ec;
  co_return !ec;
}

asio::awaitable<void> session::linger() {
  boost::system::error_code ec;
  if (!shut_) socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  shut_ = true;
  if (ec) co_return;
  if (armed_ != phase::linger) arm(phase::linger);
  in_.clear();
  in_.reserve(4096);
  for (std::size_t left = lingered; left > 0;) {
    const auto [failed, n] = co_await socket_.async_read_some(asio::buffer(in_.room(), in_.room_size()), deferred);
    if (failed) co_return;
    left -= std::min(left, n);
  }
}

bool session::close_if_idle() {
  // Who has just connected is about to send its first request.
  constexpr std::chrono::seconds newcomer{1};
  if (!idle_ || shut_ || (!served_ && steady::now() - opened_ < newcomer)) return false;
  char first = 0;
  if (::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return false;
  shut_ = true;
  boost::system::error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return true;  // the pending read has the same error
  now_ = steady::now();
  arm(phase::linger);
  return true;
}

bool session::cut() {
  const bool saying_goodbye = shut_ && !overdue_;
  cut_ = true;
  boost::system::error_code ec;
  socket_.close(ec);
  cancel_.emit(asio::cancellation_type::all);
  return !saying_goodbye;
}

void session::arm(phase p) {
  armed_ = p;
  worker_.arm(*this, p, now_);
}

void session::disarm() {
  armed_.reset();
  worker_.disarm(*this);
}

void session::on_deadline(phase p) {
  if (p == phase::handler) return answer_overdue();
  armed_.reset();
  timed_out_ = p;
  boost::system::error_code ec;
  socket_.cancel(ec);
}

}  // namespace canary::detail
