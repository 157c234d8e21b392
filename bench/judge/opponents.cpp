// SPDX-License-Identifier: BSL-1.0
#include "opponents.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bench {
namespace {

using namespace canary::judge;

class judge_method final : public method_under_test {
 public:
  explicit judge_method(assumption a) : process_(0, a, 1) {}
  void observe(const pair& p) override { process_.observe(p); }
  [[nodiscard]] double value() const override { return process_.value(); }

 private:
  rollback_process process_;
};

double rate(const tally& t) { return t.total ? double(t.events) / double(t.total) : 0; }

void add(tally& sum, const tally& t) {
  sum.total += t.total;
  sum.events += t.events;
}

}  // namespace

void window_threshold::observe(const pair& p) {
  last_.push_back(p.canary);
  add(sum_, p.canary);
  if (last_.size() > window_) {
    sum_.total -= last_.front().total;
    sum_.events -= last_.front().events;
    last_.pop_front();
  }
}

double window_threshold::value() const { return last_.size() < window_ ? 0 : rate(sum_); }

void peeked_z::observe(const pair& p) {
  add(sum_.stable, p.stable);
  add(sum_.canary, p.canary);
}

double peeked_z::value() const {
  const double pooled = rate({sum_.stable.total + sum_.canary.total, sum_.stable.events + sum_.canary.events});
  const double variance = pooled * (1 - pooled) * (1 / double(sum_.stable.total) + 1 / double(sum_.canary.total));
  return variance > 0 ? (rate(sum_.canary) - rate(sum_.stable)) / std::sqrt(variance) : 0;
}

double mann_whitney_z(const std::deque<double>& stable, const std::deque<double>& canary) {
  std::vector<std::pair<double, bool>> all;
  for (const double v : stable) all.emplace_back(v, false);
  for (const double v : canary) all.emplace_back(v, true);
  std::sort(all.begin(), all.end());
  const auto n = double(all.size());
  double rank_sum = 0;
  double ties = 0;
  for (std::size_t i = 0; i != all.size();) {
    std::size_t j = i;
    while (j != all.size() && all[j].first == all[i].first) ++j;
    const auto t = double(j - i);
    ties += t * t * t - t;
    for (std::size_t k = i; k != j; ++k)
      if (all[k].second) rank_sum += double(i) + (t + 1) / 2;
    i = j;
  }
  const auto a = double(canary.size());
  const auto b = double(stable.size());
  const double u = rank_sum - a * (a + 1) / 2;
  const double variance = a * b / 12 * (n + 1 - ties / (n * (n - 1)));
  return variance > 0 ? (u - a * b / 2) / std::sqrt(variance) : 0;
}

void mann_whitney::observe(const pair& p) {
  add(point_.stable, p.stable);
  add(point_.canary, p.canary);
  if (++seen_ % batches_ != 0) return;
  stable_.push_back(rate(point_.stable));
  canary_.push_back(rate(point_.canary));
  point_ = {};
  if (stable_.size() > window_) {
    stable_.pop_front();
    canary_.pop_front();
  }
  z_ = stable_.size() < 5 ? 0 : mann_whitney_z(stable_, canary_);
}

std::vector<contender> contenders() {
  return {
      {"judge, default", [] { return std::make_unique<judge_method>(assumption::any_within_batch); }},
      {"judge, independent", [] { return std::make_unique<judge_method>(assumption::independent); }},
      {"threshold on a window", [] { return std::make_unique<window_threshold>(50); }},
      {"z-test, peeked", [] { return std::make_unique<peeked_z>(); }},
      {"Mann-Whitney", [] { return std::make_unique<mann_whitney>(20, 50); }},
  };
}

}  // namespace bench
