// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/analyses.hpp"

#include <algorithm>
#include <utility>

namespace canaryctl {

namespace {

constexpr std::size_t rounds_at_a_time = 1000;

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

/// `state` and what follows are under the table's mutex; `judged` is the worker's alone.
struct analyses::entry {
  entry(const rollout_key& key, const analysis_options& options) : judged(key, options) {}

  analysis judged;
  standing state;
  bool caught_up = false;  ///< all of its history has been judged, or cannot be had
  bool over = false;
  std::chrono::steady_clock::time_point asked = std::chrono::steady_clock::now();
};

analyses::analyses(analyses_options options, analyses_events events)
    : options_(std::move(options)), events_(std::move(events)) {
  worker_ = std::jthread([this](std::stop_token stop) { work(std::move(stop)); });
}

analyses::~analyses() = default;

std::shared_ptr<analyses::entry> analyses::find_or_begin(const rollout_key& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end() && !found->second->over) {
    found->second->asked = std::chrono::steady_clock::now();
    return found->second;
  }
  const char* why = "its canary has gone";
  rollout_key replaced = key;
  auto begun = std::make_shared<entry>(key, options_.each);
  if (found != entries_.end()) {
    entries_.erase(found);
    if (events_.forgotten) events_.forgotten(replaced, why);
  } else if (entries_.size() >= options_.most) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second->asked < b.second->asked;
    });
    replaced = oldest->first;
    entries_.erase(oldest);
    if (events_.forgotten) events_.forgotten(replaced, "there are too many");
  }
  entries_.emplace(key, begun);
  if (events_.size) events_.size(entries_.size());
  added_ = true;
  changed_.notify_all();
  return begun;
}

standing analyses::ask(const rollout_key& key, std::chrono::nanoseconds wait) {
  std::unique_lock lock(mutex_);
  const auto found = find_or_begin(key);
  changed_.wait_for(lock, wait, [&found] { return found->caught_up; });
  return found->state;
}

std::vector<std::pair<rollout_key, standing>> analyses::all() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<rollout_key, standing>> out;
  for (const auto& [key, one] : entries_) out.emplace_back(key, one->state);
  return out;
}

bool analyses::reachable() const {
  std::lock_guard lock(mutex_);
  return reachable_;
}

void analyses::drop_idle(std::chrono::steady_clock::time_point now) {
  const auto before = entries_.size();
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (now - at->second->asked < options_.idle) {
      ++at;
      continue;
    }
    const auto key = at->first;
    at = entries_.erase(at);
    if (events_.forgotten) events_.forgotten(key, "nobody asked");
  }
  if (entries_.size() != before && events_.size) events_.size(entries_.size());
}

void analyses::judge_on(entry& e, std::stop_token stop) {
  for (bool more = true; more && !stop.stop_requested();) {
    more = e.judged.advance(seconds_since_epoch(), rounds_at_a_time);
    const auto& now = e.judged.state();
    standing before;
    {
      std::lock_guard lock(mutex_);
      before = std::exchange(e.state, now);
      e.over = e.judged.over();
      if (!more) e.caught_up = true;
      reachable_ = now.reached;
    }
    changed_.notify_all();
    if (events_.decided && now.verdict.decided != before.verdict.decided) events_.decided(e.judged.key(), now);
    if (events_.trouble && !now.trouble.empty() && now.trouble != before.trouble) {
      events_.trouble(e.judged.key(), now.trouble);
    }
  }
}

void analyses::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<std::shared_ptr<entry>> round;
    {
      std::unique_lock lock(mutex_);
      const auto pause = std::min<std::chrono::nanoseconds>(options_.each.interval, std::chrono::seconds(1));
      changed_.wait_for(lock, stop, pause, [this] { return added_; });
      added_ = false;
      drop_idle(std::chrono::steady_clock::now());
      for (const auto& [key, one] : entries_) round.push_back(one);
      // Somebody waits for those that are new.
      std::stable_partition(round.begin(), round.end(), [](const auto& one) { return !one->caught_up; });
    }
    for (const auto& one : round) {
      if (stop.stop_requested()) return;
      judge_on(*one, stop);
      // Each further query would wait for its time limit as well.
      if (!reachable()) break;
    }
  }
}

}  // namespace canaryctl
