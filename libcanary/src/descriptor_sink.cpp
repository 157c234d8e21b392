// SPDX-License-Identifier: BSL-1.0
#include "descriptor_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>

namespace canary::detail {

descriptor_sink::descriptor_sink(int fd) noexcept : fd_(::fcntl(fd, F_DUPFD_CLOEXEC, 3)) {}

descriptor_sink::~descriptor_sink() {
  if (fd_ >= 0) ::close(fd_);
}

void descriptor_sink::hurry(std::chrono::milliseconds patience) noexcept {
  deadline_.store((clock::now() + patience).time_since_epoch().count(), std::memory_order_relaxed);
}

bool descriptor_sink::wait_writable() noexcept {
  // Short waits, so that a deadline set meanwhile is seen.
  constexpr int tick = 50;
  for (;;) {
    pollfd p{fd_, POLLOUT, 0};
    const int n = ::poll(&p, 1, tick);
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) return (p.revents & POLLOUT) != 0 && (p.revents & (POLLERR | POLLNVAL)) == 0;
    if (clock::now().time_since_epoch().count() >= deadline_.load(std::memory_order_relaxed)) return false;
  }
}

bool descriptor_sink::write(std::string_view line) noexcept {
  if (fd_ < 0) return false;
  while (!line.empty()) {
    if (!wait_writable()) return false;
    // A pipe that polls writable takes PIPE_BUF bytes without blocking, and as one piece.
    const auto n = ::write(fd_, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (n > 0) line.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace canary::detail
