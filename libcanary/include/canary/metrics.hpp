// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/config.hpp>
#include <canary/method.hpp>

#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace canary {

/// The metrics of one process: HTTP instruments, process metrics and the user's own families. Every rendered sample
/// carries the constant labels `version` and `track`.
class metrics {
 public:
  using labels = std::map<std::string, std::string>;

  /// A path label and the methods whose series stand at 0 from the start.
  struct http_route {
    std::string path;
    std::vector<method> methods;
  };

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  static constexpr std::size_t unmatched = static_cast<std::size_t>(-1);

  explicit metrics(identity self);
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The text format 0.0.4. Reads /proc/self once. Thread-safe.
  [[nodiscard]] std::string render() const;

  /// The user's own families; `version` and `track` may not be among their labels.
  [[nodiscard]] prometheus::Registry& registry() noexcept;
  /// One metric of a family, kept by the caller. \throws std::invalid_argument on an ill-formed or reserved name.
  prometheus::Counter& counter(const std::string& name, const std::string& help, const labels& l = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const labels& l = {});
  prometheus::Histogram& histogram(const std::string& name, const std::string& help, std::vector<double> bounds, const labels& l = {});

  /// The HTTP routes, in the order of the router's indexes. Once, before the first shard.
  void declare_http(std::vector<http_route> routes, std::vector<unsigned> extra_statuses = {});

  /// The HTTP instruments of one thread: written by that thread alone, read by render(). Relaxed atomics, no lock, no
  /// lookup by label.
  class shard {
   public:
    /// One request, from its head to its written answer: counted and observed by the destructor with the last status
    /// told; without one nothing is counted. Counts into http_requests_in_flight meanwhile.
    class scope {
     public:
      scope(shard& owner, std::size_t route, method m) noexcept;
      scope(shard& owner, std::size_t route, method m, std::chrono::steady_clock::time_point begin) noexcept;
      ~scope();
      scope(const scope&) = delete;
      scope& operator=(const scope&) = delete;
      void status(unsigned code) noexcept { status_ = code; }

     private:
      shard& owner_;
      std::size_t route_;
      method method_;
      unsigned status_ = 0;
      std::chrono::steady_clock::time_point begin_;
    };

    void connection_opened() noexcept;
    void connection_closed() noexcept;
    void handler_overdue(int delta) noexcept;

    /// Adds one answer without a scope.
    void observe(std::size_t route, method m, unsigned status, std::chrono::nanoseconds duration) noexcept;

    struct impl;
    explicit shard(std::unique_ptr<impl> i);
    ~shard();

   private:
    friend class scope;
    std::unique_ptr<impl> impl_;
  };

  /// A new shard; it lives as long as the metrics.
  shard& add_shard();

  enum class refusal { limit, draining, error };
  void connection_refused(refusal reason) noexcept;  ///< http_connections_refused_total{reason}; thread-safe
  void fault_error_ratio(double value) noexcept;     ///< canary_fault_error_ratio
  void log_dropped(std::uint64_t total) noexcept;    ///< canary_log_dropped_total, as a running total

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
