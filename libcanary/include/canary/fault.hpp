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
///
/// Each request is an independent draw, so an error rate of 0.05 is 5 % on average and no more regular than that. With
/// a seed the sequence of draws is the same in each run; which request meets which draw depends on their order.
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

  /// The handler behind this injector: first the latency, then the error or the handler. Always asynchronous, because
  /// latency may be asked for later; a cancelled wait ends with the timer's `operation_aborted`. The injector outlives
  /// the handler.
  [[nodiscard]] handler decorate(handler next, std::string route);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The answer to a request that met an injected error: problem+json, marked with `X-Canary-Fault: error`.
[[nodiscard]] response fault_response(unsigned status);

/// Reads the JSON body of `PUT /api/faults`: the names of `CANARY_FAULT_*` in lower case; what is missing keeps its
/// default.
/// \returns the settings, or the message for a 400, which names the field and what it takes.
[[nodiscard]] std::variant<fault_settings, std::string> parse_faults(std::string_view body);
/// The inverse of parse_faults.
[[nodiscard]] boost::json::object to_json(const fault_settings& s);

}  // namespace canary
