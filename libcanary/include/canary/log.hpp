// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/config.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace canary {

/// A named value of a log line. Its views are read before `write` returns.
struct log_field {
  /// Put in as it is: one line of valid JSON.
  struct json {
    std::string text;
  };
  using any = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, json>;

  log_field(std::string_view n, bool v) : name(n), value(v) {}
  template <class Integer>
  requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>) log_field(std::string_view n, Integer v)
      : name(n), value(widened(v)) {}
  log_field(std::string_view n, double v) : name(n), value(v) {}
  log_field(std::string_view n, std::string_view v) : name(n), value(v) {}
  log_field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  log_field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  log_field(std::string_view n, json v) : name(n), value(std::move(v)) {}

  std::string_view name;
  any value;

 private:
  template <class Integer>
  static any widened(Integer v) {
    if constexpr (std::is_signed_v<Integer>) {
      return static_cast<std::int64_t>(v);
    } else {
      return static_cast<std::uint64_t>(v);
    }
  }
};

/// JSON lines, one an event, written by a thread of their own behind a bounded queue. A full queue drops its oldest
/// line and counts it; no caller ever waits for the sink. Thread-safe.
class logger {
 public:
  /// Called by the logger's thread alone, with the line break at the end of the line. What it throws counts as a
  /// dropped line.
  using sink = std::function<void(std::string_view line)>;

  /// To standard error as it is now; a reader that stalls for good holds up the end of the process for a second at
  /// most, one that closed it costs the lines.
  explicit logger(const identity& self, log_level level = log_level::info, std::size_t queue = 8192);
  /// \param queue lines that may wait, at least 1
  logger(const identity& self, log_level level, sink to, std::size_t queue = 8192);
  ~logger();  ///< writes what is queued
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  /// {"time": RFC 3339 in UTC with microseconds, "level", "event", "version", "track", fields...}
  void write(log_level level, std::string_view event, std::initializer_list<log_field> fields = {});
  void debug(std::string_view event, std::initializer_list<log_field> fields = {}) {
    write(log_level::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<log_field> fields = {}) {
    write(log_level::info, event, fields);
  }
  void warning(std::string_view event, std::initializer_list<log_field> fields = {}) {
    write(log_level::warning, event, fields);
  }
  void error(std::string_view event, std::initializer_list<log_field> fields = {}) {
    write(log_level::error, event, fields);
  }

  void level(log_level l) noexcept;
  [[nodiscard]] log_level level() const noexcept;
  /// Lines that were never written: the queue was full, or the sink failed.
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  /// Returns when what was queued before is written or dropped; blocks as long as the sink does.
  void flush();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
