// SPDX-License-Identifier: BSL-1.0
#include "worker.hpp"

#include "failure.hpp"
#include "session.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace canary::detail {
namespace {

// The longest time between two turns of an idle thread: what the watchdog of /healthz sees.
constexpr std::chrono::milliseconds heartbeat{500};
// A connection that was told to close is read from no longer than this.
constexpr std::chrono::seconds linger_timeout{2};

deadline_queue::durations durations_of(const config& c) {
  return {c.idle_timeout, c.head_timeout, c.body_timeout, c.handler_timeout, c.write_timeout, linger_timeout};
}

}  // namespace

worker::worker(server_shared& shared, metrics::shard* counters)
    : shared_(shared),
      counters_(counters),
      deadlines_(durations_of(shared.settings)),
      last_turn_(steady::now().time_since_epoch().count()),
      sessions_(std::make_unique<session_list>()),
      guard_(io_.get_executor()),
      timer_(io_) {}

worker::~worker() { stop(); }

void worker::start() {
  tick(steady::now());
  thread_ = std::thread([this] { run(); });
}

void worker::run() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (...) {
      // From a function that the user has posted here: the thread's other connections go on.
      shared_.log.error("handler_failed", {{"reason", what(std::current_exception())}});
    }
  }
}

void worker::stop() {
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
}

void worker::take(accepted a) {
  connections_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, a = std::move(a)]() mutable { session::start(*this, std::move(a)); });
}

void worker::post(std::function<void()> f) { asio::post(io_, std::move(f)); }

steady::duration worker::stuck() const noexcept {
  return steady::now() - steady::time_point(steady::duration(last_turn_.load(std::memory_order_relaxed)));
}

void worker::arm(deadline_queue::entry& e, phase p, steady::time_point now) {
  if (const auto at = deadlines_.arm(e, p, now); at < wake_) wait_tick(at);
}

void worker::tick(steady::time_point now) {
  last_turn_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  deadlines_.expire(now);
  wait_tick(std::min(deadlines_.next(), now + heartbeat));
}

void worker::wait_tick(steady::time_point until) {
  wake_ = until;
  timer_.expires_at(until);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) tick(steady::now());
  });
}

std::size_t worker::close_idle() {
  std::size_t closed = 0;
  for (auto& s : *sessions_) closed += s.close_if_idle() ? 1 : 0;
  return closed;
}

std::size_t worker::cut_all() {
  std::size_t cut = 0;
  for (auto s = sessions_->begin(); s != sessions_->end();) {
    auto& one = *s++;
    cut += one.cut() ? 1 : 0;
  }
  return cut;
}

}  // namespace canary::detail
