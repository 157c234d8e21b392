// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canary::judge {

/// What is taken for granted about the events inside one batch.
enum class assumption {
  /// Nothing but this: a canary no worse than stable expects no more than its share of a batch's events.
  /// Stands bursts on one random pod, shared outages and correlated requests.
  any_within_batch,
  /// Events come in clusters of at most `judge_options::max_burst`, and clusters are independent. Finds a bad
  /// canary sooner where a batch holds many events; wrong more often than promised where events are more clustered.
  independent,
};

/// One thing that may be worse in the canary.
struct metric_options {
  std::string name = "errors";
  /// Rollback's null hypothesis: the canary's rate is at most (1 + tolerance) times stable's. 0 or more.
  double tolerance = 0;
  /// Promotion's null hypothesis: the canary's rate is at least margin times stable's ... Above 1.
  double margin = 2;
  /// ... and at least this share of its requests. In [0, 1); 0: only the margin counts, and a metric without
  /// a single event can then never be promoted.
  double allowed = 0;

  friend bool operator==(const metric_options&, const metric_options&) = default;
};

/// Errors: tolerance 0, and the share a 99.9 % objective allows.
[[nodiscard]] metric_options errors_metric(double objective = 0.999);
/// Requests slower than a bound: tolerance 0.25, one in a hundred allowed.
[[nodiscard]] metric_options slow_metric(std::string name);

struct judge_options {
  /// Chance of rolling back a canary that is no worse than stable, over the whole rollout however often one looks. In
  /// (0, 0.5].
  double alpha = 0.05;
  /// Chance of promoting a canary that is bad in any one metric. In (0, 0.5].
  double beta = 0.05;
  /// Metric 0 is errors by requests; its totals are *the* requests. At least one.
  std::vector<metric_options> metrics{errors_metric()};
  assumption assume = assumption::any_within_batch;
  /// Largest number of events with one cause; used by `assumption::independent` and by the test against
  /// `metric_options::allowed`, which always needs it. 1 or more.
  double max_burst = 1;
  /// No batch multiplies the evidence for promotion by more than this. Above 1.
  double promotion_factor_limit = 2;
  /// The budget gate projects the canary's error rate over so many days at full traffic. Above 0.
  double budget_days = 30;
  /// Of the confidence sequence for the ratio of the two rates. In (0, 1); 0: none is kept, which saves nine tenths
  /// of the work.
  double confidence = 0.95;

  friend bool operator==(const judge_options&, const judge_options&) = default;
};

/// \returns one sentence a mistake, naming the option, its value and what is allowed. Empty: all is well.
[[nodiscard]] std::vector<std::string> check(const judge_options& o);

/// One line without its end, exact to the bit; the first of a record.
[[nodiscard]] std::string to_line(const judge_options& o);
/// \returns nothing, with `error` set, for text that `to_line` does not write or that `check` refuses.
[[nodiscard]] std::optional<judge_options> parse_options(std::string_view line, std::string& error);

}  // namespace canary::judge
