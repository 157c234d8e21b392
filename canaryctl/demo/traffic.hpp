// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/load_generator.hpp"
#include "canaryctl/stats/latency.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace canaryctl::demo {

/// What the client saw. Differences of two of these are what it saw in between.
struct traffic_counts {
  std::uint64_t sent = 0;                                             ///< finished, in whatever way
  std::uint64_t injected = 0;                                         ///< 5xx that the app says it injected
  std::map<std::pair<std::string, std::string>, std::uint64_t> seen;  ///< good answers by {version, colour}
  std::map<unsigned, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t> lost;  ///< by outcome: refused, reset, timeout, cut, ...
  std::uint64_t slipped = 0;                  ///< begun more than 100 ms after they were due: the rate was not held

  std::map<std::string, std::uint64_t> by_version() const;
  std::uint64_t errors() const;  ///< answers with 5xx
  std::uint64_t failed() const;  ///< errors and lost, without those never sent: that is the client's own limit
  traffic_counts operator-(const traffic_counts& earlier) const;
};

/// Requests to /api/info at a constant rate on a thread of its own: four fifths over kept connections, one fifth each
/// on a connection of its own. Starts with construction and goes on, whatever happens, until stop().
class traffic {
 public:
  traffic(std::uint16_t port, double rate);
  ~traffic();
  traffic(const traffic&) = delete;
  traffic& operator=(const traffic&) = delete;

  traffic_counts counts() const;
  canaryctl::latency_histogram latencies() const;
  std::vector<std::string> examples() const;  ///< the first failures in words
  /// Waits for the requests that are under way. Idempotent.
  void stop();

 private:
  void add(const load_record& record);

  mutable std::mutex mutex_;
  traffic_counts counts_;
  canaryctl::latency_histogram latencies_;
  std::vector<std::string> examples_;
  boost::asio::io_context context_{1};
  std::vector<load_generator> generators_;
  std::thread thread_;
};

}  // namespace canaryctl::demo
