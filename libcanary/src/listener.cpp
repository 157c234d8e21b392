// SPDX-License-Identifier: BSL-1.0
#include "listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace canary::detail {
namespace {

constexpr auto deferred = asio::as_tuple(asio::deferred);
constexpr int backlog = 4096;
// After an accept that failed for want of descriptors or memory.
constexpr std::chrono::milliseconds pause{100};
// In which a handshake that has begun comes to its end while new ones are refused.
constexpr std::chrono::milliseconds handshake{100};
constexpr std::chrono::seconds report_interval{5};

std::string address_of(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &from, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    else
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  } else {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  }
  return text.data();
}

/// Drops the first packet of new handshakes. A client repeats it after a second, and is refused by then; closing at
/// once would reset whoever completes a handshake between our last accept and the close.
void stop_handshakes(int socket) {
  constexpr unsigned flags_offset = 13;
  constexpr unsigned syn = 0x02;
  constexpr unsigned syn_ack = 0x12;
  std::array<sock_filter, 5> code{{
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, flags_offset},
      {BPF_ALU | BPF_AND | BPF_K, 0, 0, syn_ack},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, syn},
      {BPF_RET | BPF_K, 0, 0, 0},
      {BPF_RET | BPF_K, 0, 0, 0xffffffffU},
  }};
  const sock_fprog program{code.size(), code.data()};
  // Where the kernel refuses it the window of one system call stays.
  static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

}  // namespace

listener::listener(asio::any_io_executor executor, logger& log, std::string name)
    : acceptor_(std::move(executor)), log_(log), name_(std::move(name)) {}

void listener::open(const std::string& address, std::uint16_t port) {
  const auto where = [&] { return name_ + " listener at " + address + " port " + std::to_string(port); };
  boost::system::error_code ec;
  const auto ip = asio::ip::make_address(address, ec);
  if (ec) throw std::runtime_error(where() + ": not an IP address");

  const auto attempt = [&](const asio::ip::tcp::endpoint& at) {
    boost::system::error_code failed;
    acceptor_.open(at.protocol(), failed);
    if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed && at.address().is_v6() && at.address().is_unspecified())
      acceptor_.set_option(asio::ip::v6_only(false), failed);
    if (!failed) acceptor_.bind(at, failed);
    if (!failed) acceptor_.listen(backlog, failed);
    if (!failed) acceptor_.native_non_blocking(true, failed);
    if (failed && acceptor_.is_open()) {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
    }
    v6_ = at.address().is_v6();
    return failed;
  };
  ec = attempt({ip, port});
  // A machine without IPv6 has no dual-stack address.
  if (ip.is_v6() && ip.is_unspecified() &&
      (ec == asio::error::address_family_not_supported || ec == boost::system::errc::address_not_available))
    ec = attempt({asio::ip::address_v4::any(), port});
  if (ec) throw std::runtime_error(where() + ": " + ec.message());
}

std::uint16_t listener::port() const {
  boost::system::error_code ec;
  const auto at = acceptor_.local_endpoint(ec);
  return ec ? std::uint16_t{0} : at.port();
}

listener::batch listener::accept_queued(const taker& take) {
  constexpr std::size_t most = 64;
  std::size_t count = 0;
  while (count < most) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int socket =
        ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      ++count;
      take({.socket = socket, .v6 = v6_, .peer = address_of(from)});
      continue;
    }
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) return {step::empty, count};
    // The client has left already, or its network has: no failure of the listener.
    if (error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == ENOPROTOOPT ||
        error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH || error == ENETUNREACH || error == EPERM)
      continue;
    report(error);
    return {step::failed, count};
  }
  return {step::more, count};
}

void listener::report(int error) {
  const auto now = steady::now();
  if (last_report_ != steady::time_point{} && now - last_report_ < report_interval) return;
  last_report_ = now;
  const std::string reason = std::strerror(error);
  log_.warning("accept_failed", {{"listener", std::string_view(name_)}, {"reason", std::string_view(reason)}});
}

asio::awaitable<void> listener::accept(taker take, loser lost) {
  asio::steady_timer timer(acceptor_.get_executor());
  while (acceptor_.is_open()) {
    const auto [ec] = co_await acceptor_.async_wait(asio::socket_base::wait_read, deferred);
    if (!acceptor_.is_open()) co_return;
    auto result = step::failed;
    if (!ec)
      result = accept_queued(take).result;
    else if (ec != asio::error::operation_aborted)
      report(ec.value());
    if (result == step::failed) {
      lost();
      timer.expires_after(pause);
      co_await timer.async_wait(deferred);
    }
  }
}

asio::awaitable<std::size_t> listener::close_gently(taker take) {
  std::size_t queued = 0;
  if (acceptor_.is_open()) {
    asio::steady_timer timer(acceptor_.get_executor());
    stop_handshakes(acceptor_.native_handle());
    const auto until = steady::now() + handshake;
    for (;;) {
      const auto [result, count] = accept_queued(take);
      queued += count;
      if (result == step::more) continue;
      if (steady::now() >= until) break;
      timer.expires_after(std::chrono::milliseconds(5));
      co_await timer.async_wait(deferred);
    }
    close();
  }
  co_return queued;
}

void listener::close() {
  boost::system::error_code ec;
  acceptor_.close(ec);
}

}  // namespace canary::detail
