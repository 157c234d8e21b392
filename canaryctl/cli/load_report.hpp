// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/load_generator.hpp"
#include "canaryctl/exit_codes.hpp"
#include "canaryctl/stats/latency.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <iosfwd>
#include <map>
#include <set>
#include <string>

namespace canaryctl {

struct load_limits {
  std::set<unsigned> allowed;      ///< status codes of 400 and above that are no failure
  std::uint64_t max_failures = 0;  ///< so many failed requests still pass
};

/// What one load added up to. One thread.
class load_report {
 public:
  load_report(const load_options& options, std::chrono::nanoseconds duration, load_limits limits);

  void start() { started_ = load_record::clock::now(); }
  void add(const load_record& record);
  void interrupt();  ///< no more become due from now on
  void finish(std::uint64_t connections_opened) { connections_opened_ = connections_opened; }

  std::uint64_t count(outcome result) const { return outcomes_[static_cast<std::size_t>(result)]; }
  std::uint64_t due() const;  ///< all that the schedule asked for
  std::uint64_t sent() const { return due() - count(outcome::unsent); }
  std::uint64_t failed() const;  ///< sent and not well answered
  bool held_rate() const;        ///< everything was sent, and 99 % within a tenth of a second of when it was due
  exit_code verdict() const;
  double seconds() const;    ///< for how long was asked
  double sent_rate() const;  ///< requests a second over the time it took to send them
  const std::string& first_error() const { return first_error_; }

  const load_options& options;
  const std::chrono::nanoseconds duration;
  const load_limits limits;
  bool interrupted() const { return interrupted_ != load_record::clock::time_point(); }
  std::map<unsigned, std::uint64_t> statuses;
  std::uint64_t body_bytes = 0;
  latency_histogram latency;  ///< of answered requests, from when they were due
  latency_histogram slip;     ///< of sent requests, between due and sent
  std::uint64_t connections_opened() const { return connections_opened_; }

 private:
  std::array<std::uint64_t, 8> outcomes_{};
  std::uint64_t connections_opened_ = 0;
  bool connected_ = false;
  std::string first_error_;
  load_record::clock::time_point started_;
  load_record::clock::time_point interrupted_;
  load_record::clock::time_point last_sent_;
};

/// {target, asked_rate, duration_seconds, interrupted, due, sent, unsent, sent_rate, held_rate, ok, failed,
///  statuses: {"200": n}, outcomes: {refused, unreachable, reset, timeout, cut, malformed: n}, body_bytes,
///  connections_opened, latency_ms and slip_ms: {mean, p50, p90, p95, p99, p999, max}, latency_error,
///  first_error (if any), verdict, exit_code}
boost::json::object to_json(const load_report& report);
void print(std::ostream& out, const load_report& report);
std::string progress_line(const load_report& report);

/// Replaces "@FILE" by the file's content. Throws usage_error if it cannot be read or is above 64 MiB.
void load_body_from_file(std::string& body);

}  // namespace canaryctl
