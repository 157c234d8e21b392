// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/factor.hpp>
#include <canary/judge/process.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// A method of telling a bad canary: a statistic that is looked at after every batch, and rolls back above a threshold.
class method_under_test {
 public:
  virtual ~method_under_test() = default;
  virtual void observe(const canary::judge::pair& p) = 0;
  /// Larger: worse canary.
  [[nodiscard]] virtual double value() const = 0;
};

struct contender {
  std::string name;
  std::function<std::unique_ptr<method_under_test>()> make;
};

/// The judge in both forms, and what is common practice.
[[nodiscard]] std::vector<contender> contenders();

/// The canary's error rate over the last `window` batches.
class window_threshold final : public method_under_test {
 public:
  explicit window_threshold(std::size_t window) : window_(window) {}
  void observe(const canary::judge::pair& p) override;
  [[nodiscard]] double value() const override;

 private:
  std::size_t window_;
  std::deque<canary::judge::tally> last_;
  canary::judge::tally sum_;
};

/// The pooled two-proportion z statistic of everything so far.
class peeked_z final : public method_under_test {
 public:
  void observe(const canary::judge::pair& p) override;
  [[nodiscard]] double value() const override;

 private:
  canary::judge::pair sum_;
};

/// As Kayenta's judge does: each track's error rate in points of about a minute, and the Mann-Whitney U statistic of
/// the last points of both.
class mann_whitney final : public method_under_test {
 public:
  mann_whitney(std::size_t batches_a_point, std::size_t window) : batches_(batches_a_point), window_(window) {}
  void observe(const canary::judge::pair& p) override;
  [[nodiscard]] double value() const override { return z_; }

 private:
  std::size_t batches_;
  std::size_t window_;
  std::size_t seen_ = 0;
  canary::judge::pair point_;
  std::deque<double> stable_;
  std::deque<double> canary_;
  double z_ = 0;
};

/// Normal approximation of U with the correction for ties: how many standard deviations `canary` ranks above `stable`.
[[nodiscard]] double mann_whitney_z(const std::deque<double>& stable, const std::deque<double>& canary);

}  // namespace bench
