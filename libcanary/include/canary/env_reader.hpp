// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace canary {

/// How long something is delayed on purpose: drawn evenly from [min, max].
struct latency_range {
  std::chrono::microseconds min{0};
  std::chrono::microseconds max{0};
  friend bool operator==(const latency_range&, const latency_range&) = default;
};

/// One setting as it was read: a row of `--help`, of `--check-config` and of the README's table.
struct setting {
  enum class origin { default_value, environment };
  std::string name;
  std::string default_value;  ///< empty where there is none
  std::string allowed;        ///< range or values
  std::string unit;           ///< the units that the value may carry; empty where it has none
  std::string description;
  std::string value;  ///< in force, in its normal form; masked where secret
  origin from = origin::default_value;
  bool secret = false;
};

/// Why a variable was refused.
struct setting_error {
  std::string name;
  std::optional<std::string> value;  ///< as given, masked where secret; none: it is not set
  std::string reason;
  std::string allowed;
};

/// Typed reads of an environment. Every read is recorded, and every bad variable is collected instead of thrown: a read
/// that failed returns the default, and the caller looks at `errors()` once, at the end. A bad value is never clamped.
///
/// A program's own settings go through the same reader, so that they get the same checks and the same tables. Not
/// thread-safe.
class env_reader {
 public:
  using environment = std::map<std::string, std::string, std::less<>>;
  /// Returns why a text is refused; empty: it is fine.
  using check = std::function<std::string(std::string_view)>;

  struct about {
    std::string name;
    std::string description;
    bool secret = false;  ///< the value is never shown
  };

  explicit env_reader(environment variables = {});
  /// The environment of this process, copied.
  [[nodiscard]] static env_reader of_process();

  /// Without a default the variable must be set. `allowed` says in words what `fine` accepts.
  std::string text(about a, std::optional<std::string> def, std::string allowed = "any text", const check& fine = {});
  std::string choice(about a, std::optional<std::string> def, const std::vector<std::string>& values);
  /// true, false, 1, 0, on, off; any case.
  bool boolean(about a, bool def);
  std::uint64_t number(about a, std::uint64_t def, std::uint64_t min, std::uint64_t max);
  /// Unset or empty: none.
  std::optional<std::uint64_t> optional_number(about a, std::optional<std::uint64_t> def, std::uint64_t min,
                                               std::uint64_t max);
  /// `words` stand for numbers, as `off` for 0.
  double real(about a, double def, double min, double max,
              const std::vector<std::pair<std::string, double>>& words = {});
  /// `250ms`, `5s`, `1m30s`, `2h`; to the microsecond or millisecond, as `Duration` says.
  template <class Duration>
  Duration duration(about a, Duration def, Duration min, Duration max) {
    return std::chrono::duration_cast<Duration>(
        read_duration(std::move(a), std::optional<us>(def), min, max, us(Duration(1)), false).value_or(us(def)));
  }
  /// Unset or empty: none.
  template <class Duration>
  std::optional<Duration> optional_duration(about a, std::optional<Duration> def, Duration min, Duration max) {
    const auto d =
        read_duration(std::move(a), def ? std::optional<us>(*def) : std::nullopt, min, max, us(Duration(1)), true);
    return d ? std::optional<Duration>(std::chrono::duration_cast<Duration>(*d)) : std::nullopt;
  }
  /// `50ms`, or `10ms..90ms`.
  latency_range latency(about a, latency_range def, std::chrono::microseconds max);
  /// `512B`, `64KiB`, `1MiB`, `2GiB`.
  std::uint64_t bytes(about a, std::uint64_t def, std::uint64_t min, std::uint64_t max);
  /// Separated by commas, blanks around each ignored; empty: no entries. `fine` checks each.
  std::vector<std::string> list(about a, std::vector<std::string> def, std::string allowed, const check& fine = {});

  /// Whether the variable is set (a service link that hides it does not count).
  [[nodiscard]] bool given(std::string_view name) const;
  /// Whether the variable was refused.
  [[nodiscard]] bool failed(std::string_view name) const;
  /// An error of the caller's own, as for settings that contradict each other. The value is the one that was read.
  void refuse(std::string_view name, std::string reason);
  void warn(std::string text) { warnings_.push_back(std::move(text)); }
  /// Every variable with that prefix that nobody has read is an error with the nearest name that somebody has; with
  /// `strict` off a warning. Kubernetes' service links are left alone.
  void refuse_unknown(std::string_view prefix, bool strict = true);

  [[nodiscard]] std::span<const setting> settings() const noexcept { return settings_; }
  [[nodiscard]] std::span<const setting_error> errors() const noexcept { return errors_; }
  [[nodiscard]] std::span<const std::string> warnings() const noexcept { return warnings_; }

 private:
  using us = std::chrono::microseconds;
  struct access;  // the reads' common part
  std::optional<us> read_duration(about a, std::optional<us> def, us min, us max, us resolution, bool optional);

  environment variables_;
  std::vector<setting> settings_;
  std::vector<setting_error> errors_;
  std::vector<std::string> warnings_;
};

/// The settings as an aligned table for `--help`, wrapped at `width` columns.
[[nodiscard]] std::string settings_help(std::span<const setting> rows, std::size_t width = 100);
/// The settings as a Markdown table.
[[nodiscard]] std::string settings_markdown(std::span<const setting> rows);
/// Name, value and origin of each setting in force, one a line, for `--check-config`.
[[nodiscard]] std::string effective_settings(std::span<const setting> rows);
/// All bad variables: name, value, reason, what is allowed; one a line. Control characters are escaped.
[[nodiscard]] std::string error_report(std::span<const setting_error> errors);

}  // namespace canary
