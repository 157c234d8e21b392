// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/http.hpp"
#include "canaryctl/exit_codes.hpp"
#include "canaryctl/stats/interval.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

namespace canaryctl {

/// Counts of draws by version against the shares expected.
class split_report {
 public:
  split_report(std::map<std::string, double> expected, std::uint64_t n, double confidence);

  void add(const exchange_result& draw);

  exit_code verdict() const;
  bool can_fail() const;  ///< false: no count whatever would be rejected
  bool as_expected(const std::string& version) const;
  std::uint64_t of(const std::string& version) const;
  std::uint64_t counted() const { return counted_; }  ///< draws that named a version

  /// Two-sided confidence of each version's own test: 1 - (1 - confidence) / number of versions.
  double each_confidence() const;

  const std::map<std::string, double> expected;  ///< shares, 0..1
  const std::uint64_t n;
  const double confidence;
  std::map<std::string, std::uint64_t> seen;
  std::map<std::string, std::uint64_t> lost;  ///< "refused", "timeout", "status 503", "no version": draws without one
  const std::string& first_error() const { return first_error_; }

 private:
  std::uint64_t counted_ = 0;
  bool connected_ = false;
  std::string first_error_;
};

/// {target, n, counted, confidence, confidence_each, can_fail, versions: [{version, expected, observed, share,
///  interval_95: [l, u], interval_test: [l, u], pass, detectable: {half: {below, above}, nine_in_ten: {below,
///  above}}}], unexpected: {version: n}, lost: {outcome: n}, verdict, exit_code}. Shares are 0..1, null where none can
///  be noticed.
boost::json::object to_json(const split_report& report, const http_target& target);
void print_plan(std::ostream& out, const split_report& report);
void print_result(std::ostream& out, const split_report& report);

}  // namespace canaryctl
