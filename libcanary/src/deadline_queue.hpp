// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace canary::detail {

/// What a connection waits for; each has a duration of its own.
enum class phase : unsigned char { idle, head, body, handler, write, linger };
inline constexpr std::size_t phase_count = 6;

/// The deadlines of one thread's connections. A phase has one duration, so its entries lie in the order of their
/// deadlines: arming and disarming are a few pointers, whatever the number of connections. Not thread-safe.
class deadline_queue {
  struct link {
    link* before = nullptr;
    link* after = nullptr;
  };

 public:
  using time_point = std::chrono::steady_clock::time_point;
  using durations = std::array<std::chrono::nanoseconds, phase_count>;

  /// At most one deadline at a time. It must not be armed when it is destroyed.
  class entry : private link {
   public:
    entry() = default;
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

   protected:
    ~entry() = default;
    /// The deadline has passed; the entry is no longer armed.
    virtual void on_deadline(phase p) = 0;

   private:
    friend class deadline_queue;
    time_point at_;
    phase phase_ = phase::idle;
  };

  explicit deadline_queue(durations d) noexcept;
  deadline_queue(const deadline_queue&) = delete;
  deadline_queue& operator=(const deadline_queue&) = delete;

  /// From `now` on; replaces the deadline that the entry had. \returns its deadline.
  time_point arm(entry& e, phase p, time_point now) noexcept;
  void disarm(entry& e) noexcept;

  /// Calls on_deadline of every entry whose deadline is not after `now`; that may arm and disarm any entry.
  void expire(time_point now);
  /// The earliest deadline; time_point::max() without one.
  [[nodiscard]] time_point next() const noexcept;

 private:
  static std::size_t index(phase p) noexcept { return static_cast<std::size_t>(p); }
  static void unlink(link& l) noexcept;

  durations durations_;
  std::array<link, phase_count> lists_;  // circular, earliest first
};

}  // namespace canary::detail
