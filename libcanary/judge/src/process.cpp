// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/process.hpp>

#include "growth.hpp"
#include "state.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace canary::judge {
namespace {

constexpr double ceiling = 1e250;
constexpr double floor_value = 1e-250;  // lifts an expectation by as much, and lets a process rise again

struct component {
  double ratio;
  double weight;
};

/// Rate ratios a bad canary may have, times the null's. Large ones weigh as much as small ones: they are found in so
/// few requests that a factor of three is a request or two.
constexpr std::array<component, 8> worse{
    {{1.25, .125}, {1.6, .125}, {2.2, .125}, {3.5, .125}, {6, .125}, {12, .125}, {30, .125}, {100, .125}}};
/// Rate ratios a good canary may have, as a share of the margin.
constexpr std::array<component, 5> better{{{.02, .1}, {.125, .2}, {.35, .3}, {.55, .3}, {.75, .1}}};
/// Rates a good canary may have, as a share of what is allowed.
constexpr std::array<component, 4> below{{{1. / 64, .5}, {.125, .2}, {.3, .2}, {.6, .1}}};

/// Multiplies the components and scales them back where their sum would grow by more than `limit`.
template <std::size_t N, typename Factor>
void multiply(std::vector<double>& values, const std::array<component, N>& grid, double limit, Factor factor) {
  const double before = std::accumulate(values.begin(), values.end(), 0.0);
  for (std::size_t i = 0; i != N; ++i) values[i] = std::max(values[i] * factor(grid[i].ratio), floor_value);
  const double after = std::accumulate(values.begin(), values.end(), 0.0);
  const double most = std::min(before * limit, ceiling);
  if (after > most)
    for (auto& v : values) v *= most / after;
}

template <std::size_t N>
std::vector<double> start(const std::array<component, N>& grid) {
  std::vector<double> values;
  for (const auto& c : grid) values.push_back(c.weight);
  return values;
}

}  // namespace

rollback_process::rollback_process(double tolerance, assumption a, double max_burst)
    : null_(1 + tolerance), assume_(a), max_burst_(max_burst), sums_(worse.size(), 0.0) {}

double rollback_process::start_weight(std::uint64_t k) {
  // Half for the first batch; the rest thins out so slowly that a start at k costs about log(k).
  const auto tail = [](double x) { return 1 / std::log2(x + 1); };
  return (k == 1 ? .5 : 0) + .5 * (tail(double(k)) - tail(double(k) + 1));
}

void rollback_process::observe(const pair& p) {
  if (!p.informative()) return;
  const double w = start_weight(++starts_);
  unused_ = std::max(unused_ - w, 0.0);
  for (std::size_t i = 0; i != worse.size(); ++i) {
    const double f = ratio_factor(p, null_, null_ * worse[i].ratio, null_is::at_most, assume_, max_burst_);
    sums_[i] = std::min((sums_[i] + w * worse[i].weight) * f, ceiling);
  }
}

double rollback_process::value() const { return std::accumulate(sums_.begin(), sums_.end(), unused_); }

double rollback_process::growth(double stable_total, double stable_rate, double canary_total,
                                double canary_rate) const {
  double best = 0;
  for (const auto& c : worse) {
    const double g = expected_log(stable_total, stable_rate, canary_total, canary_rate, [&](const pair& p) {
      return ratio_factor(p, null_, null_ * c.ratio, null_is::at_most, assume_, max_burst_);
    });
    best = std::max(best, g);
  }
  return best;
}

promotion_process::promotion_process(const metric_options& m, assumption a, double max_burst, double factor_limit)
    : margin_(m.margin),
      allowed_(m.allowed),
      assume_(a),
      max_burst_(max_burst),
      limit_(factor_limit),
      ratio_(start(better)),
      share_(start(below)) {}

double promotion_process::usual::most(double total, double burst) const { return 1 + burst + 4 * share * total; }

void promotion_process::usual::learn(double total, double events, double burst) {
  if (total <= 0) return;
  ++seen;
  const double step = std::max(1 / double(seen), 1.0 / 256);
  share += step * (std::min(events, most(total, burst)) / total - share);
}

void promotion_process::observe(const pair& p) {
  const double total = double(p.stable.total) + double(p.canary.total);
  if (p.informative() && p.events() <= both_.most(total, max_burst_))
    multiply(ratio_, better, limit_,
             [&](double t) { return ratio_factor(p, margin_, margin_ * t, null_is::at_least, assume_, max_burst_); });
  if (allowed_ > 0 && p.canary.total && double(p.stable.events) <= stable_.most(double(p.stable.total), max_burst_))
    multiply(share_, below, limit_,
             [&](double t) { return allowed_factor(p.canary, allowed_, allowed_ * t, max_burst_); });
  both_.learn(total, p.events(), max_burst_);
  stable_.learn(double(p.stable.total), double(p.stable.events), max_burst_);
}

double promotion_process::by_ratio() const { return std::accumulate(ratio_.begin(), ratio_.end(), 0.0); }

double promotion_process::by_allowed() const {
  return allowed_ > 0 ? std::accumulate(share_.begin(), share_.end(), 0.0) : 0;
}

double promotion_process::value() const { return allowed_ > 0 ? (by_ratio() + by_allowed()) / 2 : by_ratio(); }

promotion_process::growths promotion_process::growth(double stable_total, double stable_rate, double canary_total,
                                                     double canary_rate) const {
  growths g;
  for (const auto& c : better)
    g.by_ratio =
        std::max(g.by_ratio, expected_log(stable_total, stable_rate, canary_total, canary_rate, [&](const pair& p) {
                   return ratio_factor(p, margin_, margin_ * c.ratio, null_is::at_least, assume_, max_burst_);
                 }));
  for (const auto& c : below) {
    if (allowed_ <= 0) break;
    const double q = allowed_ * c.ratio;
    const double a_request =
        canary_rate * std::log(q / allowed_) + (1 - canary_rate) * (std::log1p(-q) - std::log1p(-allowed_));
    g.by_allowed = std::max(g.by_allowed, canary_total * a_request / max_burst_);
  }
  g.by_ratio = std::min(g.by_ratio, std::log(limit_));
  g.by_allowed = std::min(g.by_allowed, std::log(limit_));
  return g;
}

void rollback_process::save(state_writer& w) const {
  w.whole(starts_);
  w.real(unused_);
  for (const double s : sums_) w.real(s);
}

void rollback_process::load(state_reader& r) {
  starts_ = r.whole();
  unused_ = r.real();
  for (double& s : sums_) s = r.real();
}

void promotion_process::save(state_writer& w) const {
  for (const auto& u : {both_, stable_}) {
    w.real(u.share);
    w.whole(u.seen);
  }
  for (const double v : ratio_) w.real(v);
  for (const double v : share_) w.real(v);
}

void promotion_process::load(state_reader& r) {
  for (auto* u : {&both_, &stable_}) {
    u->share = r.real();
    u->seen = r.whole();
  }
  for (double& v : ratio_) v = r.real();
  for (double& v : share_) v = r.real();
}

}  // namespace canary::judge
