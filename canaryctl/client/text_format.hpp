// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/parse_error.hpp"

#include <boost/system/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canaryctl {

/// One line of an exposition: name, labels, value and, where there is one, the timestamp in milliseconds.
struct sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
  std::optional<long long> timestamp_ms;

  /// The label's value, or "" where the label is missing (the two mean the same to Prometheus).
  std::string_view label(const std::string& key) const;
};

struct exposition {
  std::vector<sample> samples;
  std::map<std::string, std::string> types;  ///< family -> counter, gauge, histogram, summary, untyped
  std::map<std::string, std::string> helps;
};

/// Parses Prometheus' text format 0.0.4. The error names the line, what is wrong in it and what was expected.
boost::system::result<exposition, parse_error> parse_text_format(std::string_view text);

/// The sum over the samples of that name whose labels are as in `where`; 0 if there are none.
double sum_of(const exposition& metrics, std::string_view name, const std::map<std::string, std::string>& where = {});

/// `sum by (label)`: label value -> sum over the samples of that name for which `keep` (if set) returns true.
std::map<std::string, double> sum_by(const exposition& metrics, std::string_view name, const std::string& label,
                                     bool (*keep)(const sample&) = nullptr);

}  // namespace canaryctl
