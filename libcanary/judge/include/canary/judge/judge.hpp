// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batch.hpp>
#include <canary/judge/budget.hpp>
#include <canary/judge/options.hpp>
#include <canary/judge/process.hpp>
#include <canary/judge/ratio_interval.hpp>
#include <canary/judge/verdict.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace canary::judge {

/// Decides about one rollout from the batches of its two tracks. May be asked after every batch: its chances of being
/// wrong hold over all looks together.
///
/// A rollback is final. A promotion stays until evidence for a rollback comes in. Not thread-safe; copying copies the
/// record.
class judge {
 public:
  /// \throws std::invalid_argument with every sentence of `check(o)`.
  explicit judge(judge_options o = {});

  /// Precondition: the batch has one tally a metric for each track, no events above its total (std::invalid_argument
  /// otherwise).
  void observe(const batch& b);

  /// Cheap. What it says depends on the batches alone.
  [[nodiscard]] decision decided() const { return decided_; }
  /// Mean over the metrics of the evidence that the canary is worse.
  [[nodiscard]] double rollback_evidence() const;
  /// The smallest, over the metrics, of the evidence that the canary is good.
  [[nodiscard]] double promotion_evidence() const;
  [[nodiscard]] budget_projection budget() const;

  /// \param with_forecast also how many requests are still needed, which takes well under a millisecond a metric.
  [[nodiscard]] verdict look(bool with_forecast = true) const;

  [[nodiscard]] const judge_options& options() const { return options_; }
  [[nodiscard]] std::uint64_t batches() const { return batches_; }

  /// The whole record as one line of text, exact to the bit; a judge restored from it goes on as if it had never
  /// stopped.
  [[nodiscard]] std::string state() const;
  /// \throws std::invalid_argument when the text is damaged or was written under other options: alpha must not be spent
  /// twice.
  void restore(std::string_view state);

 private:
  struct metric {
    tally stable;
    tally canary;
    rollback_process against;
    promotion_process in_favour;
    ratio_interval ratio;
  };
  [[nodiscard]] forecast expect() const;

  judge_options options_;
  std::vector<metric> metrics_;
  std::uint64_t batches_ = 0;
  double seconds_ = 0;
  decision decided_ = decision::inconclusive;
};

}  // namespace canary::judge
