// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batch.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canary::judge {

enum class decision { inconclusive, promote, rollback };

/// What a verdict rests on.
enum class cause {
  evidence,              ///< the numbers, one way or the other
  more_requests_needed,  ///< not enough numbers yet
  over_budget,           ///< would be promoted, but burns the error budget faster than it fills, and faster than stable
  canary_without_traffic,  ///< guardrails from here on
  no_ready_canary,
  crash_loop,
  metrics_missing,
  bounds_differ,
};

/// "promote", "rollback", "inconclusive".
[[nodiscard]] std::string_view to_string(decision d);
/// "evidence", "more_requests_needed", ...: the names above.
[[nodiscard]] std::string_view to_string(cause c);

/// The numbers of one metric over the whole record.
struct metric_numbers {
  std::string name;
  tally stable;
  tally canary;
  /// Of the rates; nothing while one of the two tracks has no events or no requests.
  std::optional<double> ratio;
  /// Confidence sequence for it; infinite above while nothing bounds it.
  double ratio_low = 0;
  double ratio_high = 0;
  /// E-values: of the test that rolls back, and of the one that promotes.
  double against = 1;
  double in_favour = 1;
};

/// How long it would still take if both tracks went on as they did so far.
struct forecast {
  decision towards = decision::inconclusive;  ///< inconclusive: as it is, no number of requests would do
  double canary_requests = 0;
  std::optional<double> minutes;  ///< nothing when the batches do not say how long they took
};

struct verdict {
  decision decided = decision::inconclusive;
  cause because = cause::more_requests_needed;
  std::string reason;  ///< one plain sentence
  std::vector<metric_numbers> metrics;
  double rollback_evidence = 1;   ///< mean of `against`; rolls back at rollback_at
  double promotion_evidence = 1;  ///< smallest `in_favour`; promotes at promotion_at
  double rollback_at = 20;
  double promotion_at = 20;
  std::optional<forecast> needed;  ///< while inconclusive and asked for
};

}  // namespace canary::judge
