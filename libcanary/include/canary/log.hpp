// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/config.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace canary {

/// A named value of a log line; `json` is put in as it is.
struct log_field {
  struct json {
    std::string text;
  };
  std::string_view name;
  std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, json> value;
};

/// JSON lines, one an event, written by a thread of their own behind a bounded queue. A full queue drops the line and
/// counts it; no caller ever waits. Thread-safe.
class logger {
 public:
  using sink = std::function<void(std::string_view line)>;

  /// To standard error.
  explicit logger(const identity& self, log_level level = log_level::info);
  logger(const identity& self, log_level level, sink to, std::size_t queue = 8192);
  ~logger();  ///< writes what is queued
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  /// {"time": RFC 3339 with microseconds, "level", "event", "version", "track", fields...}
  void write(log_level level, std::string_view event, std::initializer_list<log_field> fields = {});
  void debug(std::string_view event, std::initializer_list<log_field> fields = {}) { write(log_level::debug, event, fields); }
  void info(std::string_view event, std::initializer_list<log_field> fields = {}) { write(log_level::info, event, fields); }
  void warning(std::string_view event, std::initializer_list<log_field> fields = {}) { write(log_level::warning, event, fields); }
  void error(std::string_view event, std::initializer_list<log_field> fields = {}) { write(log_level::error, event, fields); }

  void level(log_level l) noexcept;
  [[nodiscard]] log_level level() const noexcept;
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  void flush();  ///< returns when what was queued before is written; blocks

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
