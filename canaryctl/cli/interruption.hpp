// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace canaryctl {

/// Thrown out of the story by Ctrl-C; everything started is ended by destructors on the way out.
struct interrupted {};

/// SIGINT, SIGTERM and SIGHUP as something that can be waited for. They are blocked for the thread that makes this
/// and for all it starts later, so make it before the first other thread.
class interruption {
 public:
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  bool happened() const { return happened_; }
  void check() const {
    if (happened_) throw interrupted();
  }
  /// Sleeps; throws interrupted() as soon as a signal came.
  void sleep(std::chrono::nanoseconds time);
  /// Sleeps at most `time`; returns happened().
  bool wait(std::chrono::nanoseconds time);

 private:
  void watch();

  sigset_t before_{};
  std::atomic<bool> happened_{false};
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread watcher_;
};

}  // namespace canaryctl
