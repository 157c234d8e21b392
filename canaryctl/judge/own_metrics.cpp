// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/own_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <string_view>
#include <utility>
#include <vector>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

using label = prometheus::ClientMetric::Label;
using labels = std::vector<label>;

constexpr stat::decision decisions[] = {stat::decision::inconclusive, stat::decision::promote,
                                        stat::decision::rollback};
constexpr stat::cause causes[] = {stat::cause::evidence,        stat::cause::more_requests_needed,
                                  stat::cause::over_budget,     stat::cause::canary_without_traffic,
                                  stat::cause::no_ready_canary, stat::cause::crash_loop,
                                  stat::cause::metrics_missing, stat::cause::bounds_differ};

/// Families in the order they were begun.
class exposition_writer {
 public:
  void gauge(std::string_view name, std::string_view help) { begin(name, help, prometheus::MetricType::Gauge); }
  void counter(std::string_view name, std::string_view help) { begin(name, help, prometheus::MetricType::Counter); }
  /// Of the family begun last.
  void add(double value, labels with = {}) {
    auto& family = families_.back();
    prometheus::ClientMetric one;
    one.label = std::move(with);
    (family.type == prometheus::MetricType::Counter ? one.counter.value : one.gauge.value) = value;
    family.metric.push_back(std::move(one));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void begin(std::string_view name, std::string_view help, prometheus::MetricType type) {
    families_.push_back({"canaryctl_judge_" + std::string(name), std::string(help), type, {}});
  }

  std::vector<prometheus::MetricFamily> families_;
};

std::string text(std::string_view view) { return std::string(view); }

void write_verdict(exposition_writer& out, const stat::verdict& v) {
  out.gauge("verdict", "1 for the verdict as it is now, 0 for the others.");
  for (const auto one : decisions) out.add(v.decided == one, {{"verdict", text(to_string(one))}});
  out.gauge("cause", "1 for what the verdict rests on, 0 for the others.");
  for (const auto one : causes) out.add(v.because == one, {{"cause", text(to_string(one))}});
  out.gauge("evidence", "E-value against the canary (rollback) and in its favour (promote), by metric.");
  for (const auto& m : v.metrics) {
    out.add(m.against, {{"metric", m.name}, {"verdict", "rollback"}});
    out.add(m.in_favour, {{"metric", m.name}, {"verdict", "promote"}});
  }
  out.gauge("combined_evidence",
            "What is held against the threshold: the mean of the metrics' e-values for a "
            "rollback, the smallest for a promotion.");
  out.add(v.rollback_evidence, {{"verdict", "rollback"}});
  out.add(v.promotion_evidence, {{"verdict", "promote"}});
  out.gauge("evidence_threshold", "Combined evidence that decides.");
  out.add(v.rollback_at, {{"verdict", "rollback"}});
  out.add(v.promotion_at, {{"verdict", "promote"}});
  out.gauge("expected_requests",
            "Canary requests still needed if all goes on as it did, by the verdict they lead to; absent where none is "
            "in sight.");
  if (v.needed && v.needed->towards != stat::decision::inconclusive)
    out.add(v.needed->canary_requests, {{"verdict", text(to_string(v.needed->towards))}});
}

void write_counts(exposition_writer& out, const stat::verdict& v) {
  out.counter("requests_total", "Requests in closed batches, by metric and track.");
  for (const auto& m : v.metrics) {
    out.add(double(m.stable.total), {{"metric", m.name}, {"track", "stable"}});
    out.add(double(m.canary.total), {{"metric", m.name}, {"track", "canary"}});
  }
  out.counter("events_total", "Those of them with the event that the metric is about: an error, a slow answer.");
  for (const auto& m : v.metrics) {
    out.add(double(m.stable.events), {{"metric", m.name}, {"track", "stable"}});
    out.add(double(m.canary.events), {{"metric", m.name}, {"track", "canary"}});
  }
}

}  // namespace

void own_metrics::update(const engine& judged, std::uint64_t problems, bool closed, clock::time_point now) {
  state fresh;
  fresh.verdict = judged.look();
  fresh.counts = judged.pods().counts();
  fresh.batches = judged.judged().batches();
  fresh.problems = problems;
  fresh.pods[0] = judged.pods().pods(stat::track::stable);
  fresh.pods[1] = judged.pods().pods(stat::track::canary);
  fresh.canary_restarts = judged.conditions().canary_restarts;
  const std::lock_guard lock(mutex_);
  fresh.last_batch = closed || !known_ ? now : known_->last_batch;
  known_ = std::move(fresh);
}

std::string own_metrics::render(clock::time_point now) const {
  const auto known = [this] {
    const std::lock_guard lock(mutex_);
    return known_;
  }();
  if (!known) return {};
  const auto& counts = known->counts;
  exposition_writer out;
  write_verdict(out, known->verdict);
  write_counts(out, known->verdict);
  out.counter("batches_total", "Closed batches, those before a restart of the judge included.");
  out.add(double(known->batches));
  out.gauge("batch_age_seconds", "Since a batch closed last, or since the judge began.");
  out.add(std::chrono::duration<double>(now - known->last_batch).count());
  out.counter("rounds_total", "Looks at both tracks' counts.");
  out.add(double(counts.rounds));
  out.counter("problems_total", "What could not be had: failed scrapes and queries, missing metrics.");
  out.add(double(known->problems));
  out.gauge("pods", "Pods that are judged, by track.");
  out.add(double(known->pods[0]), {{"track", "stable"}});
  out.add(double(known->pods[1]), {{"track", "canary"}});
  out.counter("pod_restarts_total", "Pods that came back as another process, by track.");
  out.add(double(counts.restarts_stable), {{"track", "stable"}});
  out.add(double(known->canary_restarts), {{"track", "canary"}});
  out.counter("pods_vanished_total", "Pods not seen for several rounds, and no longer waited for.");
  out.add(double(counts.vanished_pods));
  out.counter("samples_skipped_total", "Pods' counts left out of a round, by reason.");
  out.add(double(counts.other_revision), {{"reason", "other_revision"}});
  out.add(double(counts.repeated_samples), {{"reason", "repeated"}});
  out.add(double(counts.malformed), {{"reason", "malformed"}});
  out.counter("clock_jumps_total", "Rounds whose time was before the last one's, or far beyond it.");
  out.add(double(counts.clock_jumps));
  return out.text();
}

}  // namespace canaryctl::judge
