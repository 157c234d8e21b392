// SPDX-License-Identifier: BSL-1.0
#include <canary/server.hpp>

#include "listener.hpp"
#include "worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <thread>
#include <vector>

namespace canary {
namespace {

using detail::steady;
using detail::worker;

constexpr auto deferred = asio::as_tuple(asio::deferred);

// Beyond the limit of connections: those that are being told so.
constexpr std::size_t refusals_at_once = 64;
// A thread that has not turned for this long gets no new connection while another one turns.
constexpr std::chrono::milliseconds lively{1500};
// For cancelled handlers to return.
constexpr std::chrono::seconds farewell{1};

std::string extra_lines(const identity& self) {
  std::string lines;
  if (!self.version.empty()) lines += "X-Canary-Version: " + self.version + "\r\n";
  if (!self.track.empty()) lines += "X-Canary-Track: " + self.track + "\r\n";
  return lines;
}

}  // namespace

struct server::impl {
  asio::any_io_executor executor;
  options wanted;
  metrics* counters;
  detail::server_shared shared;
  std::vector<std::unique_ptr<worker>> workers;
  // The accept loop keeps it alive beyond the server until it has seen the close.
  std::shared_ptr<detail::listener> door;
  std::size_t next = 0;

  impl(asio::any_io_executor e, options o, const parts& p)
      : executor(std::move(e)),
        wanted(std::move(o)),
        counters(p.counters),
        shared{.settings = p.settings,
               .routes = p.routes,
               .log = p.log,
               .faults = p.faults,
               .pool = p.pool,
               .trusted = detail::networks(p.settings.trusted_proxies),
               .extra = p.counters ? extra_lines(p.settings.self) : std::string()},
        door(std::make_shared<detail::listener>(executor, p.log, wanted.name)) {
    for (unsigned i = 0; i < std::max(1U, wanted.threads); ++i)
      workers.push_back(std::make_unique<worker>(shared, counters ? &counters->add_shard() : nullptr));
  }

  std::size_t connections() const noexcept {
    std::size_t sum = 0;
    for (const auto& w : workers) sum += w->connections();
    return sum;
  }

  /// The live thread with the fewest connections; the search begins behind the last choice, so that equals take turns.
  worker& choose() noexcept {
    worker* best = nullptr;
    bool best_lives = false;
    const auto count = workers.size();
    for (std::size_t i = 0; i < count; ++i) {
      auto& w = *workers[(next + i) % count];
      const bool lives = w.stuck() < lively;
      if (!best || (lives && !best_lives) || (lives == best_lives && w.connections() < best->connections())) {
        best = &w;
        best_lives = lives;
      }
    }
    ++next;
    return *best;
  }

  void take(detail::accepted a) {
    const auto open = connections();
    if (const std::size_t limit = shared.settings.max_connections; open >= limit) {
      if (counters) counters->connection_refused(metrics::refusal::limit);
      if (open >= limit + refusals_at_once) {
        ::close(a.socket);
        return;
      }
      a.refuse = true;
    }
    choose().take(std::move(a));
  }

  detail::listener::taker taker() {
    return [this](detail::accepted a) { take(std::move(a)); };
  }

  asio::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(deferred);
  }

  /// Runs `f` on every thread that turns and adds up what it returns; a stuck one is not waited for beyond a second.
  asio::awaitable<std::size_t> on_workers(std::size_t (worker::*f)()) {
    struct sum {
      std::atomic<std::size_t> done{0};
      std::atomic<std::size_t> total{0};
    };
    const auto s = std::make_shared<sum>();
    for (const auto& w : workers)
      w->post([s, f, at = w.get()] {
        s->total += (at->*f)();
        ++s->done;
      });
    const auto until = steady::now() + farewell;
    while (s->done < workers.size() && steady::now() < until) co_await pause(std::chrono::milliseconds(1));
    co_return s->total.load();
  }
};

server::server(asio::any_io_executor accept_on, options o, parts p)
    : impl_(std::make_unique<impl>(std::move(accept_on), std::move(o), p)) {}

server::~server() {
  impl_->door->close();
  for (const auto& w : impl_->workers) w->post([at = w.get()] { at->cut_all(); });
  const auto until = steady::now() + farewell;
  while (impl_->connections() > 0 && steady::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (auto& w : impl_->workers) {
    w->stop();
    // A handler that ignored its cancellation still refers to the connection, and that to its thread's context: both
    // are left alone rather than pulled away.
    if (w->connections() > 0) static_cast<void>(w.release());
  }
}

void server::listen() { impl_->door->open(impl_->wanted.address, impl_->wanted.port); }

std::uint16_t server::port() const { return impl_->door->port(); }

void server::start() {
  for (const auto& w : impl_->workers) w->start();
  auto lost = [counters = impl_->counters] {
    if (counters) counters->connection_refused(metrics::refusal::error);
  };
  asio::co_spawn(impl_->executor, impl_->door->accept(impl_->taker(), std::move(lost)),
                 [door = impl_->door](std::exception_ptr) {});
}

void server::announce_drain() noexcept { impl_->shared.draining.store(true, std::memory_order_relaxed); }

asio::awaitable<server::drained> server::drain(std::chrono::milliseconds timeout) {
  announce_drain();
  drained d;
  const auto begin = steady::now();
  auto& log = impl_->shared.log;
  const std::string_view name = impl_->wanted.name;
  d.queued = co_await impl_->door->close_gently(impl_->taker());
  const auto open = impl_->connections();
  log.info("drain", {{"step", "listener_closed"}, {"listener", name}, {"queued", d.queued}, {"connections", open}});
  d.idle = co_await impl_->on_workers(&worker::close_idle);
  log.info("drain",
           {{"step", "idle_closed"}, {"listener", name}, {"count", d.idle}, {"busy", open - std::min(open, d.idle)}});
  // A connection that was new a moment ago may turn out idle later.
  while (impl_->connections() > 0 && steady::now() < begin + timeout) {
    co_await impl_->pause(std::chrono::milliseconds(20));
    d.idle += co_await impl_->on_workers(&worker::close_idle);
  }
  if (impl_->connections() > 0) {
    d.cut = co_await impl_->on_workers(&worker::cut_all);
    const auto until = steady::now() + farewell;
    while (impl_->connections() > 0 && steady::now() < until) co_await impl_->pause(std::chrono::milliseconds(5));
  }
  d.finished = open - std::min(open, d.idle + d.cut);
  log.write(d.cut == 0 ? log_level::info : log_level::warning, "drain",
            {{"step", "connections_ended"},
             {"listener", name},
             {"finished", d.finished},
             {"cut", d.cut},
             {"overdue", impl_->connections()}});
  co_return d;
}

steady::duration server::stuck() const noexcept {
  auto longest = steady::duration::zero();
  for (const auto& w : impl_->workers) longest = std::max(longest, w->stuck());
  return longest;
}

std::size_t server::connections() const noexcept { return impl_->connections(); }

asio::any_io_executor server::executor() { return impl_->workers.front()->io().get_executor(); }

}  // namespace canary
