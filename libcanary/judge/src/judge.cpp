// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/judge.hpp>

#include "state.hpp"
#include "words.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace canary::judge {
namespace {

void add(tally& sum, const tally& t) {
  sum.total += t.total;
  sum.events += t.events;
}

void check_track(const std::vector<tally>& track, const char* name, const judge_options& o) {
  if (track.size() != o.metrics.size())
    throw std::invalid_argument(std::string("batch: ") + name + " has " + std::to_string(track.size()) +
                                " tallies, expected " + std::to_string(o.metrics.size()));
  for (std::size_t i = 0; i != track.size(); ++i)
    if (track[i].events > track[i].total)
      throw std::invalid_argument(std::string("batch: ") + name + " has " + std::to_string(track[i].events) + " " +
                                  o.metrics[i].name + " in " + std::to_string(track[i].total) +
                                  " requests, expected no more than requests");
}

std::optional<double> ratio_of(const tally& stable, const tally& canary) {
  if (!stable.total || !canary.total || !stable.events || !canary.events) return std::nullopt;
  return (double(canary.events) / double(canary.total)) / (double(stable.events) / double(stable.total));
}

/// The rates that a forecast goes by: those seen, each drawn towards that of both together by the weight of one event,
/// so that a track without events is not taken for one that never has any.
double likely_rate(const tally& t, const tally& other) {
  const double events = double(t.events) + double(other.events);
  if (events == 0) return 0;
  const double requests_an_event = (double(t.total) + double(other.total)) / events;
  return std::min((double(t.events) + 1) / (double(t.total) + requests_an_event), 1.0);
}

}  // namespace

judge::judge(judge_options o) : options_(std::move(o)) {
  std::string wrong;
  for (const auto& w : check(options_)) wrong += (wrong.empty() ? "" : "; ") + w;
  if (!wrong.empty()) throw std::invalid_argument(wrong);
  for (const auto& m : options_.metrics)
    metrics_.push_back({{},
                        {},
                        rollback_process(m.tolerance, options_.assume, options_.max_burst),
                        promotion_process(m, options_.assume, options_.max_burst, options_.promotion_factor_limit),
                        ratio_interval(options_.confidence, options_.assume, options_.max_burst)});
}

void judge::observe(const batch& b) {
  check_track(b.stable, "stable", options_);
  check_track(b.canary, "canary", options_);
  for (std::size_t i = 0; i != metrics_.size(); ++i) {
    auto& m = metrics_[i];
    const pair p{b.stable[i], b.canary[i]};
    add(m.stable, p.stable);
    add(m.canary, p.canary);
    m.against.observe(p);
    m.in_favour.observe(p);
    m.ratio.observe(p);
  }
  ++batches_;
  seconds_ += b.seconds;
  if (decided_ == decision::rollback) return;
  if (rollback_evidence() >= 1 / options_.alpha)
    decided_ = decision::rollback;
  else if (decided_ == decision::inconclusive && promotion_evidence() >= 1 / options_.beta && !budget().refuses())
    decided_ = decision::promote;
}

double judge::rollback_evidence() const {
  double sum = 0;
  for (const auto& m : metrics_) sum += m.against.value();
  return sum / double(metrics_.size());
}

double judge::promotion_evidence() const {
  double least = std::numeric_limits<double>::max();
  for (const auto& m : metrics_) least = std::min(least, m.in_favour.value());
  return least;
}

budget_projection judge::budget() const {
  return project_budget(metrics_[0].stable, metrics_[0].canary, options_.metrics[0].allowed, options_.budget_days);
}

verdict judge::look(bool with_forecast) const {
  verdict v;
  v.decided = decided_;
  for (std::size_t i = 0; i != metrics_.size(); ++i) {
    const auto& m = metrics_[i];
    v.metrics.push_back({options_.metrics[i].name, m.stable, m.canary, ratio_of(m.stable, m.canary), m.ratio.low(),
                         m.ratio.high(), m.against.value(), m.in_favour.value()});
  }
  v.rollback_evidence = rollback_evidence();
  v.promotion_evidence = promotion_evidence();
  v.rollback_at = 1 / options_.alpha;
  v.promotion_at = 1 / options_.beta;
  const bool refused =
      decided_ == decision::inconclusive && v.promotion_evidence >= v.promotion_at && budget().refuses();
  v.because = refused                              ? cause::over_budget
              : decided_ == decision::inconclusive ? cause::more_requests_needed
                                                   : cause::evidence;
  if (decided_ == decision::inconclusive && with_forecast) v.needed = expect();
  v.reason = refused                          ? over_budget_reason(budget(), options_.budget_days)
             : decided_ == decision::rollback ? rollback_reason(v, options_.alpha)
             : decided_ == decision::promote  ? promotion_reason(v, options_.beta)
                                              : waiting_reason(v);
  return v;
}

forecast judge::expect() const {
  forecast f;
  if (batches_ == 0) return f;
  const auto n = double(batches_);
  const double none = std::numeric_limits<double>::infinity();
  double promote_after = 0;
  double roll_back_after = none;
  for (const auto& m : metrics_) {
    const double stable = double(m.stable.total) / n;
    const double canary = double(m.canary.total) / n;
    const double stable_rate = likely_rate(m.stable, m.canary);
    const double canary_rate = likely_rate(m.canary, m.stable);
    const auto after = [&](double needed, double has, double growth) {
      if (has >= needed) return 0.0;
      return growth > 1e-9 ? (std::log(needed) - std::log(std::max(has, 1e-250))) / growth : none;
    };
    const auto good = m.in_favour.growth(stable, stable_rate, canary, canary_rate);
    const double needed = 1 / options_.beta;
    double promote = after(needed, m.in_favour.value(), 0);
    if (m.in_favour.by_allowed() > 0) {
      // The mean of the two reaches it when one of them has twice as much.
      promote = std::min({promote, after(2 * needed, m.in_favour.by_ratio(), good.by_ratio),
                          after(2 * needed, m.in_favour.by_allowed(), good.by_allowed)});
    } else {
      promote = after(needed, m.in_favour.by_ratio(), good.by_ratio);
    }
    promote_after = std::max(promote_after, promote);
    // Evidence for a rollback needs events in the canary that were seen, not the one that is added.
    const double bad = m.canary.events ? m.against.growth(stable, stable_rate, canary, canary_rate) : 0;
    roll_back_after = std::min(roll_back_after,
                               after(double(metrics_.size()) / options_.alpha, std::max(m.against.value(), 1.0), bad));
  }
  const double batches = std::min(promote_after, roll_back_after);
  if (!(batches < none)) return f;
  f.towards = roll_back_after <= promote_after ? decision::rollback : decision::promote;
  f.canary_requests = std::ceil(std::max(batches, 1.0) * double(metrics_[0].canary.total) / n);
  if (seconds_ > 0) f.minutes = std::max(batches, 1.0) * seconds_ / n / 60;
  return f;
}

std::string judge::state() const {
  state_writer w;
  w.word("judge-state-1");
  w.whole(batches_);
  w.real(seconds_);
  w.whole(std::uint64_t(decided_));
  for (const auto& m : metrics_) {
    for (const auto n : {m.stable.total, m.stable.events, m.canary.total, m.canary.events}) w.whole(n);
    m.against.save(w);
    m.in_favour.save(w);
    m.ratio.save(w);
  }
  w.word(to_line(options_));
  return w.take();
}

void judge::restore(std::string_view state) {
  const auto options = state.find(" judge-options-1 ");
  if (options == std::string_view::npos)
    throw std::invalid_argument("judge state: expected it to end with its options");
  if (state.substr(options + 1) != to_line(options_))
    throw std::invalid_argument("judge state: written under other options: found '" +
                                std::string(state.substr(options + 1)) + "', expected '" + to_line(options_) + "'");
  judge next(options_);
  state_reader r(state.substr(0, options));
  try {
    r.exactly("judge-state-1");
    next.batches_ = r.whole();
    next.seconds_ = r.real();
    const auto d = r.whole();
    if (d > std::uint64_t(decision::rollback))
      throw std::invalid_argument("word 4: found '" + std::to_string(d) + "', expected 0, 1 or 2");
    next.decided_ = decision(d);
    for (auto& m : next.metrics_) {
      for (auto* n : {&m.stable.total, &m.stable.events, &m.canary.total, &m.canary.events}) *n = r.whole();
      m.against.load(r);
      m.in_favour.load(r);
      m.ratio.load(r);
    }
    r.end();
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(std::string("judge state: ") + e.what());
  }
  *this = std::move(next);
}

}  // namespace canary::judge
