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

class http_metrics;

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

  /// The user's own families, in prometheus-cpp's terms. Their labels `version` and `track` are rendered as
  /// `exported_version` and `exported_track`; a family that has the name of one of the library's and another type is
  /// left out.
  [[nodiscard]] prometheus::Registry& registry() noexcept;
  /// One metric of a family, looked up once and kept by the caller; lives as long as the metrics. The same name and
  /// labels give the same metric. Thread-safe.
  /// \throws std::invalid_argument naming what is wrong: an ill-formed name or label, a name or label of the library's
  /// own, a name in use by another type, bounds that do not rise.
  prometheus::Counter& counter(const std::string& name, const std::string& help, const labels& l = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const labels& l = {});
  prometheus::Histogram& histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                                   const labels& l = {});

  /// The HTTP routes, in the order of the router's indexes. Once, before the first shard; without routes or shards no
  /// `http_` family is rendered. Routes with the same path label share their series.
  ///
  /// From the start each path and declared method has a counter at 0 for the statuses 200, 500, 502, 503, 504 and the
  /// extra ones, and a histogram for 2xx and 5xx (except CONNECT, TRACE and `other`, which a route for any method has
  /// too): the first event of a new series is invisible to `rate()`. Every other series appears at its first use.
  /// \throws std::invalid_argument on a status outside 100 to 599 or the path `unmatched`, std::logic_error on a second
  /// or late call.
  void declare_http(std::vector<http_route> routes, std::vector<unsigned> extra_statuses = {});

  /// The HTTP instruments of one thread: written by that thread alone, read by render(). Relaxed atomics, no lock, no
  /// lookup by label, and no allocation but at the first use of a route, method and status class.
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
      /// The end, for a caller that has read the clock already; otherwise the destructor reads it.
      void end(std::chrono::steady_clock::time_point when) noexcept { end_ = when; }

     private:
      shard& owner_;
      std::size_t route_;
      method method_;
      unsigned status_ = 0;
      std::chrono::steady_clock::time_point begin_;
      std::chrono::steady_clock::time_point end_{};
    };

    void connection_opened() noexcept;
    void connection_closed() noexcept;
    void handler_overdue(int delta) noexcept;

    /// Adds one answer without a scope. A route that was not declared is `unmatched`; a status outside 100 to 599,
    /// which HTTP cannot carry, counts as 500.
    void observe(std::size_t route, method m, unsigned status, std::chrono::nanoseconds duration) noexcept;

    struct impl;
    explicit shard(std::unique_ptr<impl> i);
    ~shard();

   private:
    friend class scope;
    friend class canary::http_metrics;
    std::unique_ptr<impl> impl_;
  };

  /// A new shard; it lives as long as the metrics.
  shard& add_shard();

  enum class refusal { limit, error };
  void connection_refused(refusal reason) noexcept;  ///< http_connections_refused_total{reason}; thread-safe
  void fault_error_ratio(double value) noexcept;     ///< canary_fault_error_ratio
  void log_dropped(std::uint64_t total) noexcept;    ///< canary_log_dropped_total, as a running total

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
