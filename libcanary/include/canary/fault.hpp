// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/config.hpp>
#include <canary/http.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace canary {

/// Injects faults into handlers. Settings may be changed while requests run, from any thread.
class fault_injector {
 public:
  using clock = std::function<std::chrono::steady_clock::time_point()>;

  explicit fault_injector(fault_settings s = {}, clock now = std::chrono::steady_clock::now);
  ~fault_injector();
  fault_injector(const fault_injector&) = delete;
  fault_injector& operator=(const fault_injector&) = delete;

  /// Takes effect with the next request; the time to live starts now. Settings are checked already.
  void set(fault_settings s);
  void clear() { set({}); }
  /// The settings in force: defaults once the time to live is over.
  [[nodiscard]] fault_settings get() const;
  /// The error rate in force, for canary_fault_error_ratio.
  [[nodiscard]] double error_ratio() const;

  /// What the next request of that route meets.
  struct decision {
    std::chrono::microseconds latency{0};
    unsigned status = 0;  ///< 0: the handler runs
  };
  /// Cheap when nothing is injected: one relaxed load.
  [[nodiscard]] decision draw(std::string_view route);

  /// The handler behind this injector.
  [[nodiscard]] handler decorate(handler next, std::string route);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Reads the JSON body of `PUT /api/faults`: the names of `CANARY_FAULT_*` in lower case.
/// \returns the settings, or the message for a 400, which names the field and what it takes.
[[nodiscard]] std::variant<fault_settings, std::string> parse_faults(std::string_view body);
[[nodiscard]] boost::json::object to_json(const fault_settings& s);

}  // namespace canary
