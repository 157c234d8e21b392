// SPDX-License-Identifier: BSL-1.0
// libcanary's router and metrics inside a Beast server that somebody has already: one thread, one port.
#include <canary/beast.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <iostream>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

asio::awaitable<void> serve(tcp::socket socket, const canary::router& routes, canary::metrics::shard& counters) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  canary::mount mounted(routes, &counters);
  for (bool keep = true; keep;) {
    stream.expires_after(std::chrono::seconds(30));
    beast::http::request_parser<beast::http::string_body> parser;
    parser.body_limit(1024 * 1024);
    co_await beast::http::async_read(stream, buffer, parser, use_awaitable);
    std::string failure;
    auto answer = co_await mounted.answer(parser.get(), {}, &failure);
    if (!failure.empty()) std::cerr << failure << '\n';
    keep = answer.keep_alive();
    co_await beast::http::async_write(stream, answer, use_awaitable);
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, const canary::router& routes, canary::metrics::shard& counters) {
  for (;;)
    // A connection that fails ends alone.
    asio::co_spawn(acceptor.get_executor(), serve(co_await acceptor.async_accept(use_awaitable), routes, counters),
                   [](std::exception_ptr) {});
}

}  // namespace

int main() {
  canary::metrics metrics({.version = "1.0.0", .color = "green", .track = "stable", .revision = {}, .config = {}});
  canary::router routes;
  routes.get("/hello/{name}", [](const canary::request& r, canary::context&) {
    return canary::text("Hello, " + std::string(r.parameter("name")) + "!\n");
  });
  routes.get("/metrics", [&metrics](const canary::request&, canary::context&) {
    canary::response r;
    r.content_type = canary::metrics::content_type;
    r.body = metrics.render();
    return r;
  });
  std::vector<canary::metrics::http_route> declared;
  for (const auto& r : routes.routes()) declared.push_back({r.label, r.methods});
  metrics.declare_http(std::move(declared));

  asio::io_context io{1};
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::cout << "http://127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(io, accept(acceptor, routes, metrics.add_shard()), asio::detached);
  io.run();
}
