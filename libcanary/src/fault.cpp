// SPDX-License-Identifier: BSL-1.0
#include <canary/fault.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

namespace canary {

namespace {

std::mt19937_64 engine(std::optional<std::uint64_t> seed) {
  if (seed) return std::mt19937_64(*seed);
  std::random_device device;
  std::seed_seq entropy{device(), device(), device(), device()};
  return std::mt19937_64(entropy);
}

/// In [0, 1), in steps of 2^-53: below `p` exactly as often as p says.
double uniform(std::mt19937_64& draws) { return static_cast<double>(draws() >> 11U) * 0x1p-53; }

bool injects(const fault_settings& s) noexcept { return s.error_rate > 0 || s.latency_max.count() > 0; }

bool concerns(const fault_settings& s, std::string_view route) {
  return s.routes.empty() || std::ranges::find(s.routes, route) != s.routes.end();
}

}  // namespace

struct fault_injector::impl {
  explicit impl(clock c) : now(std::move(c)) {}

  /// With the mutex held: ends the faults whose time is over.
  void expire() {
    if (end && now() >= *end) apply({});
  }

  void apply(fault_settings s) {
    settings = std::move(s);
    end = settings.ttl ? std::optional(now() + *settings.ttl) : std::nullopt;
    active.store(injects(settings), std::memory_order_relaxed);
  }

  clock now;
  std::atomic<bool> active{false};
  std::mutex mutex;  // of what follows
  fault_settings settings;
  std::optional<std::chrono::steady_clock::time_point> end;
  std::mt19937_64 draws;
};

fault_injector::fault_injector(fault_settings s, clock now) : impl_(std::make_unique<impl>(std::move(now))) {
  set(std::move(s));
}

fault_injector::~fault_injector() = default;

void fault_injector::set(fault_settings s) {
  auto fresh = engine(s.seed);
  const std::lock_guard lock(impl_->mutex);
  impl_->draws = fresh;
  impl_->apply(std::move(s));
}

fault_settings fault_injector::get() const {
  const std::lock_guard lock(impl_->mutex);
  impl_->expire();
  return impl_->settings;
}

double fault_injector::error_ratio() const {
  const std::lock_guard lock(impl_->mutex);
  impl_->expire();
  return impl_->settings.error_rate;
}

fault_injector::decision fault_injector::draw(std::string_view route) {
  if (!impl_->active.load(std::memory_order_relaxed)) return {};
  const std::lock_guard lock(impl_->mutex);
  impl_->expire();
  const auto& s = impl_->settings;
  if (!injects(s) || !concerns(s, route)) return {};
  decision d;
  // Always two draws, so that a seed's sequence of errors does not hang on the latency.
  if (uniform(impl_->draws) < s.error_rate) d.status = s.error_status;
  const auto steps = static_cast<double>((s.latency_max - s.latency_min).count() + 1);
  d.latency = s.latency_min + std::chrono::microseconds(static_cast<std::int64_t>(uniform(impl_->draws) * steps));
  return d;
}

response fault_response(unsigned status) {
  return problem(status, "This error was injected on purpose.").header("X-Canary-Fault", "error");
}

namespace {

asio::awaitable<response> faulted(fault_injector::decision d, std::shared_ptr<const handler> next, const request& r,
                                  context& c) {
  if (d.latency.count() > 0) {
    asio::steady_timer timer(co_await asio::this_coro::executor, d.latency);
    co_await timer.async_wait(asio::use_awaitable);
  }
  if (d.status != 0) co_return fault_response(d.status);
  if (const auto* plain = std::get_if<plain_handler>(next.get())) co_return (*plain)(r, c);
  co_return co_await std::get<async_handler> (*next)(r, c);
}

}  // namespace

handler fault_injector::decorate(handler next, std::string route) {
  auto shared = std::make_shared<const handler>(std::move(next));
  return async_handler([this, shared = std::move(shared), route = std::move(route)](const request& r, context& c) {
    const auto d = draw(route);
    const auto* async = std::get_if<async_handler>(shared.get());
    // An asynchronous handler that meets no fault needs no frame around it.
    return async && d.status == 0 && d.latency.count() == 0 ? (*async)(r, c) : faulted(d, shared, r, c);
  });
}

}  // namespace canary
