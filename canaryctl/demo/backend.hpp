// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/demo/proxy.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <list>
#include <random>
#include <string>
#include <vector>

namespace canaryctl::demo::detail {

using boost::asio::ip::tcp;
using clock = std::chrono::steady_clock;

/// A pod as the proxy knows it: its counts and the idle connections kept to it.
struct backend {
  backend(boost::asio::io_context& context, const pod_address& address) : poll_timer(context), poll_socket(context) {
    counts.address = address;
  }

  pod_counts counts;
  std::vector<tcp::socket> idle;
  boost::asio::steady_timer poll_timer;
  tcp::socket poll_socket;
  clock::time_point poll_deadline = clock::time_point::max();

  /// An idle connection that is still good, or a closed socket. One that became readable while idle was closed by
  /// the pod (or sent what nobody asked for) and is dropped: no request has been lost with it.
  tcp::socket take_idle(boost::asio::io_context& context);
};

class session;

/// What all sessions share. It belongs to the proxy's thread.
struct proxy_state {
  proxy_state(boost::asio::io_context& ctx, const proxy_options& opt)
      : context(ctx), options(opt), weight(opt.weight), random(opt.seed) {}

  boost::asio::io_context& context;
  const proxy_options options;
  int weight;
  std::mt19937_64 random;
  std::deque<backend> backends;  // never erased from: sessions hold references
  std::list<session*> sessions;  // for deadlines and for stopping
  proxy_counts totals;           // `pods` stays empty here
  bool stopping = false;

  /// The pod for the next request, or nullptr: the track has no ready one (counted). `forced` is X-Canary's value.
  backend* draw(const std::string* forced);
  void note_failure(backend& pod, std::uint64_t pod_counts::*kind, std::string what);
};

/// Serves one client's connection until it ends.
boost::asio::awaitable<void> serve(proxy_state& state, tcp::socket client);

/// Cuts what is past its deadline; cuts everything when `all`.
void expire_sessions(proxy_state& state, bool all);

}  // namespace canaryctl::demo::detail
