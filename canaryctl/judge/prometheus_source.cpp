// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/prometheus_source.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

/// A scrape that is under way now has a time of its own in the past: what is looked at is older than any of these.
constexpr double lag = 0.5;
constexpr double unknown_gap = 20;
constexpr unsigned bounds_every = 30;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string value_of(const std::map<std::string, std::string>& names, const std::string& label) {
  const auto found = names.find(label);
  return found == names.end() ? std::string() : found->second;
}

std::uint64_t whole(double value) {
  return value > 0 && value < 1e18 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

}  // namespace

prometheus_source::prometheus_source(prometheus_options options)
    : options_(std::move(options)), client_(options_.url, {.timeout = options_.timeout}) {
  std::set<std::string> names(options_.pod_labels.begin(), options_.pod_labels.end());
  for (const auto* one : {&options_.stable, &options_.canary})
    for (auto& label : one->labels()) names.insert(label);
  names.insert(options_.revision.version);
  names.erase("");
  by_.assign(names.begin(), names.end());
}

std::string prometheus_source::promql(const std::string& aggregate, const series& what,
                                      const std::string& function) const {
  return aggregate + " by (" + joined(by_) + ") (" +
         (function.empty() ? what.text() : function + "(" + what.text() + ")") + ")";
}

std::string prometheus_source::pod_of(const labels& names) const {
  std::string text;
  for (const auto& label : options_.pod_labels) {
    const auto value = value_of(names, label);
    if (!value.empty()) text += (text.empty() ? "" : "/") + value;
  }
  return text;
}

std::optional<stat::track> prometheus_source::track_of(const labels& names) const {
  if (options_.canary.matches(names)) return stat::track::canary;
  if (options_.stable.matches(names)) return stat::track::stable;
  return std::nullopt;
}

bool prometheus_source::ask(double at, const std::vector<std::string>& queries,
                            std::map<std::string, pod_values>& found, round& out) {
  for (std::size_t i = 0; i != queries.size(); ++i) {
    const auto got = ask_one(queries[i], at);
    if (!got) {
      out.problems.push_back(got.error().what);
      return false;
    }
    for (const auto& one : *got) {
      auto& pod = found[pod_of(one.labels)];
      pod.values.resize(queries.size());
      if (!pod.values[i]) pod.names = pod.names.empty() ? one.labels : pod.names;
      if (std::isfinite(one.value)) pod.values[i] = one.value;
    }
  }
  return true;
}

boost::system::result<std::vector<vector_sample>, prometheus_error> prometheus_source::ask_one(
    const std::string& promql, std::optional<double> at) const {
  return options_.ask ? options_.ask(promql, at) : client_.query(promql, at);
}

void prometheus_source::read_bounds(double at, round& out) {
  const auto slow = std::find_if(options_.measures.begin(), options_.measures.end(),
                                 [](const measure& one) { return one.bound.has_value(); });
  if (slow != options_.measures.end() && rounds_ % bounds_every == 0) {
    std::optional<std::vector<std::string>> sides[2];
    for (int side = 0; side != 2; ++side) {
      const series buckets{slow->events.metric, slow->total.where && (side ? options_.canary : options_.stable)};
      const auto got = ask_one("count by (le) (" + buckets.text() + ")", at);
      if (!got || got->empty()) continue;
      std::set<std::string> bounds;
      for (const auto& one : *got) bounds.insert(value_of(one.labels, "le"));
      sides[side].emplace(bounds.begin(), bounds.end());
    }
    differing_ = sides[0] && sides[1] && *sides[0] != *sides[1] ? options_.names.duration : std::string();
  }
  out.differing_bounds = differing_;
}

void prometheus_source::read_gateway(double at, round& out) {
  if (!options_.at_gateway) return;
  const auto& what = *options_.at_gateway;
  const auto by = joined(options_.pod_labels);
  for (const auto side : {stat::track::stable, stat::track::canary}) {
    const auto& where = side == stat::track::canary ? what.canary : what.stable;
    std::map<std::string, stat::tally> pods;
    for (const bool errors : {false, true}) {
      const series one{what.metric, errors ? where && what.errors : where};
      const auto got = ask_one("sum by (" + by + ") (" + one.text() + ")", at);
      if (!got) return out.problems.push_back(got.error().what);
      for (const auto& sample : *got) {
        auto& tally = pods[pod_of(sample.labels)];
        (errors ? tally.events : tally.total) = whole(sample.value);
      }
    }
    // A gateway with no request of this track yet has no series of it; but so has one whose names are others.
    if (pods.empty()) out.problems.push_back("Prometheus has no " + series{what.metric, where}.text());
    for (const auto& [pod, tally] : pods)
      out.gateway.push_back({pod + (side == stat::track::canary ? " of canary" : " of stable"), side, {}, 0, {tally}});
  }
}

round prometheus_source::next() {
  round out;
  out.ended = false;
  const auto time = ask_one("time()");
  if (!time || time->size() != 1) {
    out.problems.push_back(time ? "Prometheus does not tell its time: no value of time()" : time.error().what);
    out.reached = !time && time.error().reached;
    // Time passes for the guardrails when nothing else does.
    out.now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    out.ended = out.now - ended_ >= 3 * (gap_ > 0 ? gap_ : unknown_gap) || ended_ == 0;
    if (out.ended) ended_ = out.now;
    return out;
  }
  out.reached = true;
  out.now = time->front().value;
  const double at = out.now - lag;
  std::vector<std::string> queries;
  for (const auto& one : options_.measures) {
    queries.push_back(promql("sum", one.total));
    queries.push_back(promql("sum", one.events));
  }
  const auto& requests = options_.measures.front().total;
  queries.push_back(promql("max", requests, "timestamp"));
  queries.push_back(promql("max", {options_.names.start_time, {}}));
  const std::size_t times = queries.size() - 2, starts = queries.size() - 1;
  std::map<std::string, pod_values> found;
  if (!ask(at, queries, found, out)) return out;
  std::map<std::string, std::string> configs;
  if (options_.revision.with_config) {
    const auto got = ask_one(options_.revision.info, at);
    if (!got) return out.problems.push_back(got.error().what), out;
    for (const auto& one : *got) configs[pod_of(one.labels)] = value_of(one.labels, options_.revision.config);
  }

  std::vector<stat::pod_sample> newer;
  std::map<std::string, double> taken;
  std::size_t expected = 0;
  for (const auto& [name, pod] : found) {
    const auto side = track_of(pod.names);
    if (!side || !pod.values[times]) continue;
    ++expected;
    const double taken_at = *pod.values[times];
    const auto last = delivered_.find(name);
    if (last != delivered_.end() && taken_at <= last->second) continue;
    stat::pod_sample sample;
    sample.pod = name;
    sample.side = *side;
    sample.start_time = pod.values[starts].value_or(0);
    sample.revision.version = value_of(pod.names, options_.revision.version);
    sample.revision.config = value_of(configs, name);
    bool complete = true;
    for (std::size_t i = 0; i != options_.measures.size(); ++i) {
      const auto& one = options_.measures[i];
      const auto total = pod.values[2 * i], events = pod.values[2 * i + 1];
      const bool has = total && (events || !one.events_are_the_rest);
      if (!has) out.problems.push_back(name + ": no " + (total ? one.events : one.total).text());
      complete = complete && has;
      const auto all = whole(total.value_or(0)), counted = whole(events.value_or(0));
      sample.counters.push_back({all, one.events_are_the_rest ? all - std::min(all, counted) : counted});
    }
    taken[name] = taken_at;
    if (complete) newer.push_back(std::move(sample));
  }
  if (expected == 0) out.problems.push_back("Prometheus has no " + requests.text() + " of either track");
  const double patience = 3 * (gap_ > 0 ? gap_ : unknown_gap);
  out.ended = (expected > 0 && taken.size() == expected) || ended_ == 0 || out.now - ended_ >= patience;
  if (!out.ended) return out;
  double gap = 0;
  for (const auto& [name, when] : taken) {
    const auto last = delivered_.find(name);
    if (last != delivered_.end()) gap = std::max(gap, when - last->second);
  }
  if (gap > 0) gap_ = gap_ > 0 ? std::min(gap, 2 * gap_) : gap;
  for (const auto& [name, when] : taken) delivered_[name] = when;
  std::erase_if(delivered_, [&](const auto& one) { return !found.contains(one.first); });
  out.pods = std::move(newer);
  read_bounds(at, out);
  read_gateway(at, out);
  ended_ = out.now;
  ++rounds_;
  return out;
}

std::string prometheus_source::describe() const {
  return "Prometheus at " + options_.url.url() + ", stable {" + options_.stable.text() + "}, canary {" +
         options_.canary.text() + "}";
}

}  // namespace canaryctl::judge
