// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/backend.hpp"

#include <boost/beast/core/string.hpp>

#include <sys/socket.h>

#include <utility>

namespace canaryctl::demo::detail {

tcp::socket backend::take_idle(boost::asio::io_context& context) {
  while (!idle.empty()) {
    tcp::socket socket = std::move(idle.back());
    idle.pop_back();
    char byte;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return socket;
  }
  return tcp::socket(context);
}

backend* proxy_state::draw(const std::string* forced) {
  const bool always = forced && boost::beast::iequals(*forced, "always");
  const bool never = forced && boost::beast::iequals(*forced, "never");
  const bool canary = always || (!never && std::uniform_int_distribution<int>(0, 99)(random) < weight);
  const auto wanted = canary ? track::canary : track::stable;
  std::vector<backend*> ready;
  for (auto& pod : backends)
    if (pod.counts.ready && !pod.counts.removed && pod.counts.address.track == wanted) ready.push_back(&pod);
  if (ready.empty()) {
    ++(canary ? totals.no_ready_canary : totals.no_ready_stable);
    return nullptr;
  }
  auto* pod = ready[std::uniform_int_distribution<std::size_t>(0, ready.size() - 1)(random)];
  ++pod->counts.requests;
  if (always || never) ++pod->counts.forced;
  return pod;
}

void proxy_state::note_failure(backend& pod, std::uint64_t pod_counts::*kind, std::string what) {
  constexpr std::size_t most = 50;
  ++(pod.counts.*kind);
  if (totals.failures.size() == most) totals.failures.erase(totals.failures.begin());
  totals.failures.push_back("pod " + pod.counts.address.name + " (" + pod.counts.address.version + ") " +
                            std::move(what));
}

}  // namespace canaryctl::demo::detail
