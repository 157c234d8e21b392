// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/metrics_server.hpp"

#include <canary/server.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>
#include <utility>

namespace canaryctl::judge {
namespace {

/// One thread, few connections: a Prometheus asks, now and then.
canary::config limits() {
  canary::config c;
  c.max_body = 1024;
  c.max_connections = 32;
  return c;
}

std::string url_of(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port) + "/metrics";
}

canary::router routes_to(std::function<std::string()> render) {
  canary::router routes;
  routes.get("/metrics", [render = std::move(render)](const canary::request&, canary::context&) {
    auto answer = canary::text(render());
    answer.content_type = canary::metrics::content_type;
    return answer;
  });
  return routes;
}

}  // namespace

struct metrics_server::impl {
  impl(const std::string& address, std::uint16_t port, std::function<std::string()> render)
      : routes(routes_to(std::move(render))),
        served(control.get_executor(), {.name = "metrics", .address = address, .port = port, .threads = 1},
               {.settings = settings, .routes = routes, .log = log}) {}
  ~impl() {
    control.stop();
    if (accepting.joinable()) accepting.join();
  }

  const canary::config settings = limits();
  canary::logger log{settings.self, canary::log_level::off};
  const canary::router routes;
  boost::asio::io_context control{1};
  canary::server served;
  std::thread accepting;
};

metrics_server::metrics_server(const std::string& address, std::uint16_t port, std::function<std::string()> render)
    : impl_(std::make_unique<impl>(address, port, std::move(render))) {
  impl_->served.listen();
  impl_->served.start();
  url_ = url_of(address, impl_->served.port());
  impl_->accepting = std::thread([this] {
    const auto guard = boost::asio::make_work_guard(impl_->control);
    impl_->control.run();
  });
}

metrics_server::~metrics_server() = default;

}  // namespace canaryctl::judge
