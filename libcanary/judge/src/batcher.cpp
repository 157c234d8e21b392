// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/batcher.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace canary::judge {
namespace {

bool fell(const std::vector<tally>& before, const std::vector<tally>& after) {
  for (std::size_t i = 0; i != before.size(); ++i)
    if (after[i].total < before[i].total || after[i].events < before[i].events) return true;
  return false;
}

}  // namespace

batcher::batcher(batcher_options o) : options_(std::move(o)) {
  if (options_.metrics < 1) throw std::invalid_argument("batcher: metrics is 0, expected 1 or more");
  if (options_.least_requests < 1) throw std::invalid_argument("batcher: least_requests is 0, expected 1 or more");
  discard();
}

void batcher::discard() {
  for (auto& side : open_) side.assign(options_.metrics, {});
  seconds_ = 0;
  // What pods counted up to the next round belongs to the stretch that is given up.
  for (auto& [name, p] : pods_) p.counting = false;
}

void batcher::begin_again(pod& p, const pod_sample& s) {
  p.side = s.side;
  p.start_time = s.start_time;
  p.age = -1;
  p.counting = false;
}

void batcher::add(const pod_sample& s) {
  if (s.counters.size() != options_.metrics) {
    ++counts_.malformed;
    return;
  }
  const auto& wanted = s.side == track::canary ? options_.canary_revision : options_.stable_revision;
  const auto differs = [](const std::string& want, const std::string& is) { return !want.empty() && want != is; };
  if (differs(wanted.version, s.revision.version) || differs(wanted.config, s.revision.config)) {
    ++counts_.other_revision;
    return;
  }
  const auto [at, is_new] = pods_.try_emplace(s.pod);
  auto& p = at->second;
  if (is_new || p.side != s.side) {
    begin_again(p, s);
  } else if (p.answered) {
    ++counts_.repeated_samples;
    return;
  } else if (std::abs(p.start_time - s.start_time) > 1 || fell(p.last, s.counters)) {
    // Another process, or counters that began again: what it counted after the last scrape is lost, and it is warmed up
    // anew.
    ++(s.side == track::canary ? counts_.restarts_canary : counts_.restarts_stable);
    begin_again(p, s);
  }
  p.answered = true;
  p.missed = 0;
  p.now = s.counters;
}

/// \returns whether the pod is up to date with this round.
bool batcher::advance(pod& p, double step, double now) {
  if (p.age < 0)
    p.age = p.start_time > 0 ? std::max(now - p.start_time, 0.0) : 0;
  else
    p.age += step;
  if (!p.answered) {
    ++p.missed;
    return false;
  }
  p.answered = false;
  silent_[index(p.side)] = 0;
  if (p.counting) {
    auto& open = open_[index(p.side)];
    if (p.now[0].total > p.last[0].total) quiet_[index(p.side)] = 0;
    for (std::size_t i = 0; i != p.now.size(); ++i) {
      open[i].total += p.now[i].total - p.last[i].total;
      open[i].events += p.now[i].events - p.last[i].events;
    }
  }
  // Pods that are not warm yet, and those whose process was there before we looked, begin to count from here.
  p.counting = p.age >= options_.warmup;
  p.last = p.now;
  return true;
}

std::optional<batch> batcher::end_round(double now) {
  ++counts_.rounds;
  double step = clock_ ? now - *clock_ : 0;
  if (step < 0 || step > options_.longest_round) {
    ++counts_.clock_jumps;
    step = 0;  // counters do not depend on the clock: only ages and durations do
  }
  clock_ = now;
  seconds_ += step;
  for (auto& s : quiet_) s += step;
  for (auto& s : silent_) s += step;

  bool all_answered = true;
  for (auto at = pods_.begin(); at != pods_.end();) {
    const bool up_to_date = advance(at->second, step, now);
    if (!up_to_date && at->second.missed >= options_.missed_rounds) {
      ++counts_.vanished_pods;
      at = pods_.erase(at);
      continue;
    }
    all_answered = all_answered && up_to_date;
    ++at;
  }
  return all_answered ? close() : std::nullopt;
}

std::optional<batch> batcher::close() {
  for (const auto& side : open_)
    if (side[0].total < options_.least_requests) return std::nullopt;
  batch b;
  b.seconds = seconds_;
  seconds_ = 0;
  for (std::size_t side = 0; side != 2; ++side) {
    auto& closed = side ? b.canary : b.stable;
    closed = open_[side];
    for (std::size_t i = 0; i != closed.size(); ++i) {
      // A scrape is not one instant: an event may be counted a moment before its request. It goes into the next batch.
      closed[i].events = std::min(closed[i].events, closed[i].total);
      open_[side][i] = {0, open_[side][i].events - closed[i].events};
    }
  }
  return b;
}

std::size_t batcher::pods(track t) const {
  return std::size_t(std::count_if(pods_.begin(), pods_.end(), [&](const auto& p) { return p.second.side == t; }));
}

}  // namespace canary::judge
