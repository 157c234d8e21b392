// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/judge/source.hpp"

#include <canary/judge/guardrail.hpp>
#include <canary/judge/judge.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace canaryctl::judge {

struct engine_options {
  canary::judge::judge_options judge{};       ///< metrics in the order of the source's measures, the gateway's last
  canary::judge::batcher_options batching{};  ///< `metrics` is set by the engine
  canary::judge::guardrail_limits guardrails{};
  bool gateway = false;  ///< the last metric is the gateway's
};

/// Rounds in, verdict out: batcher, guardrails and judge of one rollout. No I/O, no clock of its own; one thread.
class engine {
 public:
  /// \throws std::invalid_argument naming what is wrong with the options.
  explicit engine(engine_options options);

  /// Takes in a round. \returns the batch it closed, if any; the judge has seen it.
  std::optional<canary::judge::batch> take(const round& r);
  /// Takes in a batch of a record.
  void observe(const canary::judge::batch& b);

  /// Guardrails first, then the evidence; a rollback by evidence is final.
  canary::judge::verdict look(bool with_forecast = true) const;

  /// What the guardrails are looked at with. `set_conditions` is for a record: until the next round.
  canary::judge::conditions conditions() const { return conditions_; }
  void set_conditions(canary::judge::conditions c) { conditions_ = std::move(c); }

  const canary::judge::judge& judged() const { return judge_; }
  const canary::judge::batcher& pods() const { return batcher_; }
  const engine_options& options() const { return options_; }
  bool reached() const { return reached_; }  ///< somebody answered, ever

  /// The record as one line, exact to the bit: evidence, and the restarts counted so far.
  std::string state() const;
  /// \throws std::invalid_argument when the text is damaged or was written under other options.
  void restore(std::string_view state);

 private:
  void watch(const round& r);

  engine_options options_;
  canary::judge::judge judge_;
  canary::judge::batcher batcher_;
  canary::judge::batcher gateway_;
  canary::judge::tally gateway_open_[2];
  canary::judge::conditions conditions_;
  unsigned earlier_restarts_ = 0;  ///< before this engine was restored
  double without_ready_ = 0;
  std::optional<double> clock_;
  bool reached_ = false;
};

}  // namespace canaryctl::judge
