// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/analysis.hpp"

#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

namespace canaryctl {

namespace stat = canary::judge;

namespace {

constexpr std::size_t points_a_query = 10'000;  // Prometheus gives 11,000 at most

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

judge::selector select(const std::string& text, const rollout_key& key) {
  auto parsed = judge::selector::parse(fill_in(text, key));
  if (!parsed) throw std::invalid_argument(parsed.error().what);
  return *parsed;
}

/// What is judged of this rollout: the canary's pods of that version and configuration, beside all of stable's.
analysis_options narrowed(analysis_options options, const rollout_key& key) {
  options.source.stable = select(options.stable_select, key);
  options.source.canary = select(options.canary_select, key);
  options.engine.batching.canary_revision = {key.version, key.config};
  // Stable may be narrowed by its own.
  if (!key.config.empty()) options.source.revision.with_config = true;
  return options;
}

/// Points at which the query has any sample.
std::set<long long> times_of(const std::vector<range_series>& all) {
  std::set<long long> times;
  for (const auto& one : all) {
    for (const auto& [time, value] : one.values) {
      if (value > 0) times.insert(std::llround(time * 1000));
    }
  }
  return times;
}

stat::verdict nothing_known(const std::string& reason) {
  stat::verdict none;
  none.reason = reason;
  return none;
}

}  // namespace

analysis::analysis(rollout_key key, analysis_options options)
    : key_(std::move(key)),
      options_(narrowed(std::move(options), key_)),
      client_(options_.source.url, {.timeout = options_.source.timeout, .keep_body = 256u << 20}),
      history_(client_),
      engine_(options_.engine) {
  options_.source.ask = [this](const std::string& promql, std::optional<double>) {
    return promql == "time()" ? boost::system::result<std::vector<vector_sample>, prometheus_error>(
                                    std::vector<vector_sample>{{{}, clock_}})
                              : history_.query(promql, clock_);
  };
  source_ = std::make_unique<judge::prometheus_source>(options_.source);
  standing_.verdict = nothing_known("nothing is known yet");
  standing_.trouble = standing_.verdict.reason;
}

analysis::~analysis() = default;

std::optional<double> analysis::find_beginning(double until) {
  const auto& requests = options_.source.measures.front().total;
  const double step = seconds(options_.interval);
  auto under_test = judge::series{requests.metric, requests.where && options_.source.canary}.text();
  if (!key_.version.empty()) {
    const auto version =
        judge::selector::parse(options_.source.revision.version + "=" + judge::promql_string(key_.version));
    under_test = judge::series{requests.metric, requests.where && options_.source.canary && *version}.text();
  }
  if (!key_.config.empty()) {
    std::string pod;
    for (const auto& label : options_.source.pod_labels) pod += (pod.empty() ? "" : ",") + label;
    under_test += " and on (" + pod + ") " + options_.source.revision.info + "{" + options_.source.revision.config +
                  "=" + judge::promql_string(key_.config) + "}";
  }
  const auto beside = judge::series{requests.metric, requests.where && options_.source.stable}.text();

  const double oldest = until - seconds(options_.look_back);
  std::optional<double> first;
  double missing = 0;
  for (double to = until; to >= oldest;) {
    const double from = std::max(to - step * double(points_a_query - 1), std::ceil(oldest / step) * step);
    const auto canary = client_.query_range("count(" + under_test + ")", from, to, step);
    const auto stable = canary ? client_.query_range("count(" + beside + ")", from, to, step) : canary;
    if (!stable) {
      standing_.trouble = stable.error().what;
      standing_.reached = false;
      return std::nullopt;
    }
    const auto with_canary = times_of(*canary);
    const auto with_stable = times_of(*stable);
    for (double at = to; at >= from; at -= step) {
      const auto point = std::llround(at * 1000);
      if (with_canary.contains(point)) {
        first = at;
        missing = 0;
      } else if (with_stable.contains(point)) {
        missing += step;
        if (missing > seconds(options_.gap)) return first;
      }
    }
    to = from - step;
  }
  return first;
}

bool analysis::advance(double now, std::size_t most) {
  const double step = seconds(options_.interval);
  const double until = std::floor((now - seconds(options_.settle)) / step) * step;
  standing_.reached = true;
  if (standing_.began == 0) {
    standing_.trouble.clear();
    const auto found = find_beginning(until);
    if (!standing_.reached) return false;
    if (!found) {
      standing_.trouble = "Prometheus has no sample of this rollout's canary yet";
      standing_.verdict = nothing_known(standing_.trouble);
      return false;
    }
    next_ = standing_.began = *found;
  }
  if (next_ > until) return false;
  const double last = std::min(until, next_ + step * double(most - 1));
  history_.window(next_, last, step);
  for (; next_ <= last; next_ += step) {
    clock_ = next_;
    const auto round = source_->next();
    // A round that has ended is over for the source, whatever else it could not have; another is asked for again.
    if (round.ended || history_.trouble().empty()) {
      if (engine_.take(round)) ++standing_.batches;
      standing_.judged_until = next_;
    }
    if (!history_.trouble().empty()) {
      standing_.reached = false;
      standing_.trouble = history_.trouble();
      if (round.ended) next_ += step;
      break;
    }
  }
  look(last >= until);
  return standing_.reached && last < until;
}

void analysis::look(bool with_forecast) {
  standing_.verdict = engine_.look(with_forecast);
  if (standing_.reached) standing_.trouble.clear();
}

bool analysis::over() const {
  const auto& pods = engine_.pods();
  return standing_.began != 0 && pods.pods(stat::track::canary) == 0 && pods.pods(stat::track::stable) > 0 &&
         pods.seconds_without_samples(stat::track::canary) > seconds(options_.gap);
}

}  // namespace canaryctl
