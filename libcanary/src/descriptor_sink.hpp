// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

namespace canary::detail {

/// Writes lines to a file descriptor that may be a pipe nobody reads. One thread writes; any may call `hurry`.
class descriptor_sink {
 public:
  /// Keeps a duplicate: if standard error is closed, the number 2 may become somebody's socket.
  explicit descriptor_sink(int fd) noexcept;
  ~descriptor_sink();
  descriptor_sink(const descriptor_sink&) = delete;
  descriptor_sink& operator=(const descriptor_sink&) = delete;

  /// \returns whether the whole line was written; waits for the reader.
  bool write(std::string_view line) noexcept;
  /// From now on, all writes together wait no longer than this.
  void hurry(std::chrono::milliseconds patience) noexcept;

 private:
  using clock = std::chrono::steady_clock;
  bool wait_writable() noexcept;

  int fd_;
  std::atomic<clock::rep> deadline_{clock::duration::max().count()};
};

}  // namespace canary::detail
