// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/factor.hpp>

#include <cstdint>
#include <vector>

namespace canary::judge {

class state_writer;
class state_reader;

/// Evidence that the canary is worse in one metric. An e-process: it starts at 1, and while the canary's rate is at
/// most (1 + tolerance) times stable's the chance that it *ever* reaches 1/alpha is at most alpha.
///
/// A mixture over rate ratios and over start times. The k-th of the batches that had an event begins a test of its own
/// with weight `start_weight(k)`; the others multiply every test by 1, so time is counted in batches with events and a
/// long good past costs little.
class rollback_process {
 public:
  rollback_process(double tolerance, assumption a, double max_burst);

  void observe(const pair& p);
  [[nodiscard]] double value() const;
  /// Expected growth of log value() by a batch like `p`, whose totals and (expected) events need not be whole numbers.
  [[nodiscard]] double growth(double stable_total, double stable_rate, double canary_total, double canary_rate) const;

  void save(state_writer& w) const;
  void load(state_reader& r);

  /// Sums to 1 over k = 1, 2, ...
  [[nodiscard]] static double start_weight(std::uint64_t k);

 private:
  double null_;
  assumption assume_;
  double max_burst_;
  std::uint64_t starts_ = 0;
  double unused_ = 1;
  std::vector<double> sums_;
};

/// Evidence that the canary is good in one metric, against "its rate is at least max(margin times stable's, allowed)".
/// Two e-processes, one against each bound, and their mean; only the first where nothing is allowed. Not mixed over
/// start times: a bad past counts.
///
/// A batch that looks like a shared outage (far more events than usual) is left out: of the ratio's process by the
/// events of both tracks, of the other by stable's alone. Both rules keep the expectation at most 1.
class promotion_process {
 public:
  promotion_process(const metric_options& m, assumption a, double max_burst, double factor_limit);

  void observe(const pair& p);
  [[nodiscard]] double value() const;
  [[nodiscard]] double by_ratio() const;
  /// 0 where nothing is allowed.
  [[nodiscard]] double by_allowed() const;
  /// Expected growth of the logarithms of by_ratio() and by_allowed().
  struct growths {
    double by_ratio = 0;
    double by_allowed = 0;
  };
  [[nodiscard]] growths growth(double stable_total, double stable_rate, double canary_total, double canary_rate) const;

  void save(state_writer& w) const;
  void load(state_reader& r);

 private:
  /// The usual share of events, learnt slowly, so that an outage stays unusual for long.
  struct usual {
    double share = 0;
    std::uint64_t seen = 0;
    /// The most events that are not taken for an outage.
    [[nodiscard]] double most(double total, double burst) const;
    void learn(double total, double events, double burst);
  };

  double margin_;
  double allowed_;
  assumption assume_;
  double max_burst_;
  double limit_;
  usual both_;
  usual stable_;
  std::vector<double> ratio_;
  std::vector<double> share_;
};

}  // namespace canary::judge
