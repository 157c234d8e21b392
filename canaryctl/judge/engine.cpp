// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/engine.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

stat::batcher_options of_pods(const engine_options& o) {
  auto result = o.batching;
  result.metrics = o.judge.metrics.size() - (o.gateway ? 1 : 0);
  return result;
}

/// A gateway is not under test: no warm-up, and any request makes its batch, which waits for the pods' batch.
stat::batcher_options of_gateway(const engine_options& o) {
  stat::batcher_options result;
  result.least_requests = 1;
  result.warmup = 0;
  result.missed_rounds = o.batching.missed_rounds;
  result.longest_round = o.batching.longest_round;
  return result;
}

constexpr std::string_view header = "judge-engine-1 ";

}  // namespace

engine::engine(engine_options options)
    : options_(std::move(options)),
      judge_(options_.judge),
      batcher_(of_pods(options_)),
      gateway_(of_gateway(options_)) {}

std::optional<stat::batch> engine::take(const round& r) {
  reached_ = reached_ || r.reached;
  if (!r.ended) return std::nullopt;
  for (const auto& pod : r.pods) batcher_.add(pod);
  auto closed = batcher_.end_round(r.now);
  if (options_.gateway) {
    for (const auto& one : r.gateway) gateway_.add(one);
    if (const auto seen = gateway_.end_round(r.now)) {
      for (std::size_t side = 0; side != 2; ++side) {
        const auto& from = side ? seen->canary[0] : seen->stable[0];
        gateway_open_[side].total += from.total;
        gateway_open_[side].events += from.events;
      }
    }
    if (closed) {
      closed->stable.push_back(std::exchange(gateway_open_[0], {}));
      closed->canary.push_back(std::exchange(gateway_open_[1], {}));
    }
  }
  watch(r);
  if (closed) judge_.observe(*closed);
  return closed;
}

void engine::watch(const round& r) {
  conditions_ = observed(batcher_);
  conditions_.canary_restarts += earlier_restarts_;
  conditions_.differing_bounds = r.differing_bounds;
  conditions_.ready_canary_endpoints = r.ready_canaries;
  const double step = clock_ ? r.now - *clock_ : 0;
  clock_ = r.now;
  if (r.ready_canaries != 0u) {
    without_ready_ = 0;
  } else if (step > 0 && step <= options_.batching.longest_round) {
    without_ready_ += step;
  }
  conditions_.seconds_without_ready_canary = without_ready_;
}

void engine::observe(const stat::batch& b) { judge_.observe(b); }

stat::verdict engine::look(bool with_forecast) const {
  auto seen = judge_.look(with_forecast);
  if (seen.decided == stat::decision::rollback) return seen;
  if (const auto guarded = guard(conditions_, options_.guardrails)) {
    seen.decided = guarded->decided;
    seen.because = guarded->because;
    seen.reason = guarded->reason;
    seen.needed.reset();
  }
  return seen;
}

std::string engine::state() const {
  const auto restarts = earlier_restarts_ + batcher_.counts().restarts_canary;
  return std::string(header) + std::to_string(restarts) + " " + judge_.state();
}

void engine::restore(std::string_view state) {
  const auto damaged = [](const std::string& what) { throw std::invalid_argument("judge state: " + what); };
  if (!state.starts_with(header)) damaged("expected it to begin with '" + std::string(header) + "'");
  state.remove_prefix(header.size());
  unsigned restarts = 0;
  const auto [end, error] = std::from_chars(state.data(), state.data() + state.size(), restarts);
  if (error != std::errc() || end == state.data() + state.size() || *end != ' ')
    damaged("expected the number of restarts after '" + std::string(header) + "'");
  state.remove_prefix(static_cast<std::size_t>(end - state.data()) + 1);
  judge_.restore(state);
  earlier_restarts_ = restarts;
  conditions_.canary_restarts = restarts;
}

}  // namespace canaryctl::judge
