// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/budget_report.hpp"
#include "canaryctl/cli/values.hpp"

#include <map>
#include <set>

namespace canaryctl {

namespace {

struct counted {
  double total = 0;
  double errors = 0;
};
using counts = std::map<std::string, counted>;
using std::chrono::seconds;

/// PromQL knows whole units only: 90m, not 1h30m; milliseconds do for every window.
std::string range(std::chrono::nanoseconds window) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(window).count()) + "ms";
}

std::string promql(const budget_query& query, const std::string& extra, std::chrono::nanoseconds window) {
  auto matchers = query.selector;
  if (!matchers.empty() && !extra.empty()) matchers += ",";
  matchers += extra;
  return "sum by (" + query.by + ") (increase(" + query.metric + "{" + matchers + "}[" + range(window) + "]))";
}

boost::system::result<counts, prometheus_error> ask(const prometheus_client& client, const budget_query& query,
                                                    std::chrono::nanoseconds window, double at) {
  const auto all = client.query(promql(query, {}, window), at);
  if (!all) return all.error();
  const auto bad = client.query(promql(query, query.errors_match, window), at);
  if (!bad) return bad.error();
  const auto name = [&](const vector_sample& sample) {
    const auto label = sample.labels.find(query.by);
    return label == sample.labels.end() ? "(no " + query.by + ")" : label->second;
  };
  counts out;
  for (const auto& sample : *all) out[name(sample)].total = sample.value;
  for (const auto& sample : *bad) out[name(sample)].errors = sample.value;
  // increase() extrapolates each sum on its own: with every request failed the errors may come out a hair higher.
  for (auto& [version, count] : out) {
    if (count.errors > count.total && count.errors < count.total * (1 + 1e-9)) count.errors = count.total;
  }
  return out;
}

void add_sum(counts& by_version) {
  counted sum;
  for (const auto& [version, count] : by_version) {
    sum.total += count.total;
    sum.errors += count.errors;
  }
  by_version["all"] = sum;
}

std::optional<double> rate_of(double slo, const counts& window, const std::string& version) {
  const auto found = window.find(version);
  if (found == window.end()) return std::nullopt;
  return burn_rate(slo, found->second.total, found->second.errors);
}

}  // namespace

boost::system::result<budget_answer, prometheus_error> ask_prometheus(const prometheus_client& client,
                                                                      const budget_query& query, double slo,
                                                                      std::chrono::nanoseconds window) {
  // All at the server's own time of now, so that no scrape comes between requests and errors.
  const auto now = client.query("time()");
  if (!now) return now.error();
  if (now->size() != 1) return prometheus_error{true, "Prometheus does not tell its time: no value of time()"};
  const double at = now->front().value;
  auto whole = ask(client, query, window, at);
  if (!whole) return whole.error();
  std::map<seconds, counts> windows;
  std::set<seconds> wanted;
  for (const auto& rule : burn_rules) wanted.insert({rule.long_window, rule.short_window});
  for (const auto one : wanted) {
    auto got = ask(client, query, one, at);
    if (!got) return got.error();
    windows[one] = std::move(*got);
  }
  const bool several = whole->size() > 1;
  if (several) {
    add_sum(*whole);
    for (auto& [length, one] : windows) add_sum(one);
  }

  budget_answer answer;
  answer.slo = slo;
  answer.window = window;
  for (const auto& [version, count] : *whole) {
    budget_input input;
    input.slo = slo;
    input.window = window;
    input.total = count.total;
    input.errors = count.errors;
    auto& one = answer.versions.emplace_back();
    one.version = version;
    one.total = count.total;
    one.errors = count.errors;
    one.report = work_out_budget(input);
    if (slo >= 100) continue;
    for (const auto& rule : burn_rules) {
      rule_state state{rule, rate_of(slo, windows[rule.long_window], version),
                       rate_of(slo, windows[rule.short_window], version), false};
      state.firing = fires(rule, state.long_rate, state.short_rate);
      one.rules.push_back(state);
    }
  }
  if (answer.versions.empty()) {
    answer.notes.push_back("Prometheus has no " + query.metric +
                           (query.selector.empty() ? "" : "{" + query.selector + "}") +
                           " in the window: no traffic was counted, so nothing can be said.");
  }
  const auto retention = parse_duration(client.flag("storage.tsdb.retention.time"));
  const auto kept = retention && retention->count() > 0 ? *retention : std::chrono::hours(15 * 24);
  if (retention && kept < window) {
    answer.notes.push_back("Prometheus keeps " + format_duration(kept) + " only, less than the window of " +
                           format_duration(window) + ": older requests are missing from these numbers.");
  }
  return answer;
}

}  // namespace canaryctl
