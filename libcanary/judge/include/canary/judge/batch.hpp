// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canary::judge {

/// What one track counted for one metric: how many requests, and how many of them had the event
/// (an error, an answer slower than a bound, ...). Events are never more than the total.
struct tally {
  std::uint64_t total = 0;
  std::uint64_t events = 0;

  friend bool operator==(const tally&, const tally&) = default;
};

/// New counts of both tracks over the same stretch of time. One tally a metric, in the order of
/// `judge_options::metrics`; metric 0 is the requests and their errors.
struct batch {
  std::vector<tally> stable{};
  std::vector<tally> canary{};
  double seconds = 0;  ///< the time it covers; 0: not known

  friend bool operator==(const batch&, const batch&) = default;
};

/// One line without its end: `batch SECONDS total/events,... total/events,...` (stable first), exact to the bit.
[[nodiscard]] std::string to_line(const batch& b);

/// Reads `to_line`'s form.
/// \returns nothing, with `error` saying what is wrong and what was expected, for any other text.
[[nodiscard]] std::optional<batch> parse_batch(std::string_view line, std::string& error);

}  // namespace canary::judge
