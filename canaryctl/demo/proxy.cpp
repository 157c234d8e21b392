// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/proxy.hpp"

#include "canaryctl/demo/backend.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <future>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace canaryctl::demo {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using detail::backend;
using detail::clock;
using detail::proxy_state;
using detail::tcp;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto sweep_every = std::chrono::milliseconds(50);
constexpr auto probe_timeout = std::chrono::seconds(1);

/// One look at /readyz on a connection of its own, as a kubelet does it.
asio::awaitable<bool> probe(proxy_state& state, backend& pod) {
  const auto& address = pod.counts.address;
  pod.poll_socket = tcp::socket(state.context);
  pod.poll_deadline = clock::now() + probe_timeout;
  const auto [connect_error] = co_await pod.poll_socket.async_connect(
      tcp::endpoint(asio::ip::make_address(address.host), address.admin_port), token);
  std::string got;
  if (!connect_error) {
    constexpr std::string_view request = "GET /readyz HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n";
    co_await asio::async_write(pod.poll_socket, asio::buffer(request), token);
    std::array<char, 2048> buffer;
    while (got.size() < 64 * 1024) {
      const auto [ec, n] = co_await pod.poll_socket.async_read_some(asio::buffer(buffer), token);
      if (ec) break;
      got.append(buffer.data(), n);
    }
  }
  pod.poll_deadline = clock::time_point::max();
  error_code ignored;
  pod.poll_socket.close(ignored);
  co_return got.starts_with("HTTP/1.1 200 ");
}

asio::awaitable<void> follow_readiness(proxy_state& state, backend& pod) {
  while (!state.stopping && !pod.counts.removed) {
    const bool ready = co_await probe(state, pod);
    pod.counts.ready = ready && !pod.counts.removed && !state.stopping;
    if (!pod.counts.ready) pod.idle.clear();
    if (state.stopping) break;
    pod.poll_timer.expires_after(state.options.poll_every);
    co_await pod.poll_timer.async_wait(token);
  }
}

asio::awaitable<void> sweep(proxy_state& state, asio::steady_timer& timer) {
  while (!state.stopping) {
    timer.expires_after(sweep_every);
    co_await timer.async_wait(token);
    detail::expire_sessions(state, state.stopping);
    for (auto& pod : state.backends)
      if (clock::now() > pod.poll_deadline) pod.poll_socket.close();
  }
}

asio::awaitable<void> accept(proxy_state& state, tcp::acceptor& acceptor, asio::steady_timer& pause) {
  while (!state.stopping) {
    auto [ec, socket] = co_await acceptor.async_accept(token);
    if (!ec) {
      asio::co_spawn(state.context, detail::serve(state, std::move(socket)), asio::detached);
    } else if (!state.stopping) {  // no descriptors left, most likely: let some go, then go on
      pause.expires_after(std::chrono::milliseconds(50));
      co_await pause.async_wait(token);
    }
  }
}

void listen(tcp::acceptor& acceptor, const proxy_options& options) {
  const auto where = options.address + ":" + std::to_string(options.port);
  error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) throw std::runtime_error("cannot listen at '" + options.address + "': an IP address was expected");
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) return;
  const auto port = std::to_string(options.port);
  if (ec == asio::error::address_in_use)
    throw std::runtime_error(
        "port " + port + " at " + options.address +
        " is taken by another program: choose another one with --port, or --port 0 for any free one"
        " (`ss -ltnp 'sport = :" +
        port + "'` shows who has it)");
  if (ec == asio::error::access_denied)
    throw std::runtime_error("not allowed to listen at " + where + ": choose a port from 1024 on with --port");
  throw std::runtime_error("cannot listen at " + where + ": " + ec.message());
}

}  // namespace

struct reverse_proxy::impl {
  explicit impl(const proxy_options& options)
      : state(context, options), acceptor(context), accept_pause(context), sweep_timer(context) {}

  /// Runs `f` on the proxy's thread and returns what it returned.
  template <class F>
  auto call(F f) {
    if (!thread.joinable()) return f();
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto result = task.get_future();
    asio::post(context, [&task] { task(); });
    return result.get();
  }

  backend* find(const std::string& name) {
    for (auto& pod : state.backends)
      if (pod.counts.address.name == name) return &pod;
    return nullptr;
  }

  asio::io_context context{1};
  proxy_state state;
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause;
  asio::steady_timer sweep_timer;
  std::uint16_t port = 0;
  std::thread thread;
};

reverse_proxy::reverse_proxy(const proxy_options& options) : impl_(std::make_unique<impl>(options)) {
  auto& self = *impl_;
  if (options.weight < 0 || options.weight > 100) throw std::invalid_argument("weight: 0 to 100 expected");
  listen(self.acceptor, options);
  self.port = self.acceptor.local_endpoint().port();
  asio::co_spawn(self.context, accept(self.state, self.acceptor, self.accept_pause), asio::detached);
  asio::co_spawn(self.context, sweep(self.state, self.sweep_timer), asio::detached);
  self.thread = std::thread([&self] { self.context.run(); });
}

reverse_proxy::~reverse_proxy() { stop(); }

std::uint16_t reverse_proxy::port() const { return impl_->port; }

void reverse_proxy::add_pod(const pod_address& pod) {
  asio::ip::make_address(pod.host);  // throws here, not on the thread
  impl_->call([&] {
    if (impl_->find(pod.name)) throw std::invalid_argument("pod " + pod.name + " exists already");
    auto& added = impl_->state.backends.emplace_back(impl_->context, pod);
    asio::co_spawn(impl_->context, follow_readiness(impl_->state, added), asio::detached);
  });
}

void reverse_proxy::remove_pod(const std::string& name) {
  impl_->call([&] {
    auto* const pod = impl_->find(name);
    if (!pod) return;
    pod->counts.removed = true;
    pod->counts.ready = false;
    pod->idle.clear();
    pod->poll_timer.cancel();
  });
}

void reverse_proxy::set_weight(int percent) {
  if (percent < 0 || percent > 100) throw std::invalid_argument("weight: 0 to 100 expected");
  impl_->call([&] { impl_->state.weight = percent; });
}

proxy_counts reverse_proxy::counts() const {
  return impl_->call([&] {
    auto counts = impl_->state.totals;
    counts.weight = impl_->state.weight;
    for (const auto& pod : impl_->state.backends) counts.pods.push_back(pod.counts);
    return counts;
  });
}

void reverse_proxy::stop() {
  auto& self = *impl_;
  if (!self.thread.joinable()) return;
  asio::post(self.context, [&self] {
    self.state.stopping = true;
    error_code ignored;
    self.acceptor.close(ignored);
    self.accept_pause.cancel();
    self.sweep_timer.cancel();  // its next turn cuts the sessions
    for (auto& pod : self.state.backends) {
      pod.poll_timer.cancel();
      pod.poll_socket.close(ignored);
      pod.idle.clear();
    }
  });
  self.thread.join();  // the context runs until the last coroutine has ended
  for (auto& pod : self.state.backends) pod.idle.clear();
}

}  // namespace canaryctl::demo
