// SPDX-License-Identifier: BSL-1.0
// A service whose handlers misbehave in every way that a handler can; tests/http/test_handlers.py talks to it.
#include <canary/service.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace asio = canary::asio;
using canary::context;
using canary::request;
using canary::response;

std::chrono::milliseconds time_of(const request& r) {
  return std::chrono::milliseconds(std::stoi(r.query_parameter("ms").value_or("0")));
}

asio::awaitable<void> wait(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::deferred);
}

asio::awaitable<response> timer(const request& r, context&) {
  co_await wait(time_of(r));
  co_return canary::text("waited for " + std::string(r.target));
}

asio::awaitable<response> stubborn(const request& r, context& c) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto until = std::chrono::steady_clock::now() + time_of(r);
  while (std::chrono::steady_clock::now() < until) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(10));
    co_await timer.async_wait(asio::as_tuple(asio::deferred));
  }
  // Both are still there: the session lives until its handler has returned.
  co_return canary::text(std::string(r.target) + std::string(c.request_id()));
}

asio::awaitable<response> blocking(const request& r, context& c) {
  const auto before = std::this_thread::get_id();
  const auto worked = co_await c.blocking([time = time_of(r)] {
    std::this_thread::sleep_for(time);
    return std::this_thread::get_id();
  });
  co_return canary::text(worked != before && std::this_thread::get_id() == before ? "elsewhere and back"
                                                                                  : "wrong thread");
}

asio::awaitable<response> blocking_throw(const request&, context& c) {
  co_await c.blocking([] { throw std::runtime_error("secret of the blocking work"); });
  co_return canary::text("never");
}

asio::awaitable<response> throw_later(const request&, context&) {
  co_await wait(std::chrono::milliseconds(1));
  throw std::runtime_error("secret of the coroutine");
}

}  // namespace

int main(int argc, char** argv) {
  const canary::identity self{.version = "v1", .color = "white", .track = "stable", .revision = {}, .config = {}};
  return canary::run_service(argc, argv, self, [](canary::service& s) {
    auto& routes = s.routes();
    routes.get("/plain", [](const request&, context&) { return canary::text("plain"); });
    routes.get("/labelled", [](const request&, context&) { return canary::text("labelled"); }, "another");
    routes.get("/throw",
               [](const request&, context&) -> response { throw std::runtime_error("secret of the handler"); });
    routes.get("/throw-int", [](const request&, context&) -> response { throw 7; });
    routes.get("/throw-later", canary::async_handler(throw_later));
    routes.get("/split",
               [](const request&, context&) { return canary::text("x").header("X-Evil", "a\r\nSet-Cookie: b"); });
    routes.get("/status-99", [](const request&, context&) { return canary::text("x", 99); });
    routes.get("/framing", [](const request&, context&) {
      return canary::text("four")
          .header("Content-Length", "400")
          .header("Transfer-Encoding", "chunked")
          .header("Date", "never");
    });
    routes.get("/close", [](const request&, context&) { return canary::text("bye").header("Connection", "close"); });
    routes.get("/no-content", [](const request&, context&) { return canary::text("not sent", 204); });
    routes.get("/large", [](const request&, context&) { return canary::text(std::string(5'000'000, 'x')); });
    routes.get("/trace", [](const request&, context& c) {
      const auto& t = c.trace();
      return canary::text(std::string(t.trace_id) + " " + std::string(t.parent_id) +
                          (t.sampled ? " sampled " : " not ") + std::string(t.state));
    });
    routes.get("/timer", canary::async_handler(timer));
    routes.get("/stubborn", canary::async_handler(stubborn));
    routes.get("/blocking", canary::async_handler(blocking));
    routes.get("/blocking-throw", canary::async_handler(blocking_throw));
    routes.get("/stuck-thread", [](const request& r, context&) {
      std::this_thread::sleep_for(time_of(r));
      return canary::text("woke up");
    });

    static std::atomic<bool> open{false};
    routes.put("/open", [](const request& r, context&) {
      open = r.body == "yes";
      return canary::text("ok");
    });
    s.ready_when("open", std::function<std::string()>([] { return open ? "" : "not opened"; }));
    s.ready_when("slow", std::function<asio::awaitable<bool>()>([]() -> asio::awaitable<bool> {
                   static std::atomic<bool> asked{false};
                   co_await wait(std::chrono::milliseconds(5));
                   if (!asked.exchange(true)) throw 7;
                   co_return true;
                 }));
    const bool fail_start = s.env().boolean({"TEST_FAIL_START", "the start task throws"}, false);
    s.on_start([&s, fail_start]() -> asio::awaitable<void> {
      co_await wait(std::chrono::milliseconds(5));
      if (fail_start) throw std::runtime_error("no database");
      s.log().info("start_task");
    });
    s.on_drain([&s]() -> asio::awaitable<void> {
      co_await wait(std::chrono::milliseconds(5));
      s.log().info("drain_task");
    });
  });
}
