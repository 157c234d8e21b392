// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/report/answers.hpp"

#include "canaryctl/cli/command.hpp"
#include "canaryctl/stats/budget.hpp"
#include "canaryctl/stats/interval.hpp"

#include <boost/json/value_to.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace canaryctl {
namespace json = boost::json;

namespace {

constexpr double shown_confidence = 0.95;
constexpr double slo = 99.9;
const char* const routers[] = {"gateway", "nginx"};

std::uint64_t count_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? 0 : json::value_to<std::uint64_t>(*value);
}

json::object member(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr || !value->is_object() ? json::object{} : value->get_object();
}

void copy(const json::object& from, json::object& to, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    if (const auto* value = from.if_contains(key)) to[key] = *value;
  }
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

json::object split_of(const json::object& measured) {
  const auto n = count_of(measured, "counted");
  json::object versions;
  for (const auto& entry : measured.at("versions").as_array()) {
    const auto& one = entry.as_object();
    const auto observed = count_of(one, "observed");
    const auto interval = clopper_pearson(observed, n, shown_confidence);
    versions[one.at("version").as_string()] = {{"observed", observed},
                                               {"share", share(observed, n)},
                                               {"expected_share", one.at("expected")},
                                               {"interval", {interval.lower, interval.upper}},
                                               {"asserted_interval", one.at("interval_test")}};
  }
  return {{"requests", n},
          {"confidence", shown_confidence},
          {"asserted_confidence", measured.at("confidence")},
          {"versions", versions},
          {"passed", count_of(measured, "exit_code") == 0}};
}

/// A load's counts, its failures summed again from what was counted.
json::object load_of(const json::object& load) {
  json::object out;
  copy(load, out, {"requests", "rate", "seconds", "connections", "statuses", "outcomes", "latency_p99_ms"});
  std::uint64_t failed = 0;
  for (const auto& [status, n] : member(load, "statuses")) {
    if (status >= "400") failed += json::value_to<std::uint64_t>(n);
  }
  for (const auto& [outcome, n] : member(load, "outcomes")) failed += json::value_to<std::uint64_t>(n);
  out["failed"] = failed;
  out["failed_share"] = share(failed, count_of(load, "requests"));
  copy(load, out, {"seconds_without_canary"});
  return out;
}

json::array queries_of(const json::object& measured) {
  const json::string source = "the Prometheus that the operator runs";
  return {{{"query", measured.at("rate_query")}, {"source", source}, {"result", measured.at("rate_by_version")}},
          {{"query", measured.at("errors_query")}, {"source", source}, {"result", measured.at("errors_by_version")}}};
}

json::object resources_of(const json::object& measured) {
  json::object out;
  for (const auto& [version, cores] : measured.at("cpu_seconds_per_second").as_object()) {
    const auto of_version = [&measured, name = version](std::string_view key) {
      if (const auto* value = measured.at(key).as_object().if_contains(name)) return *value;
      throw usage_error("--measurements: 'resources.json': " + std::string(key) + "." + std::string(name) +
                        ": missing: expected a number, as in cpu_seconds_per_second");
    };
    out[version] = {{"pods", of_version("pods")}, {"cpu_cores", cores}, {"memory_bytes", of_version("resident_bytes")}};
  }
  return out;
}

/// Everything that was asked of a release that was meant to stay whole: releases under load, and the split.
json::object budget_of(const json::object& releases) {
  std::uint64_t requests = 0, errors = 0;
  for (const auto& [router, part] : releases) {
    const auto load = member(part.get_object(), "load");
    requests += count_of(load, "requests");
    errors += count_of(load, "failed");
  }
  budget_input input;
  input.slo = slo;
  input.total = static_cast<double>(requests);
  input.errors = static_cast<double>(errors);
  const auto budget = work_out_budget(input);
  json::object out{{"slo_percent", slo}, {"requests", requests}, {"errors", errors}};
  if (budget.allowed_requests) out["allowed"] = *budget.allowed_requests;
  if (budget.spent_share) out["spent_share"] = *budget.spent_share;
  if (budget.left_requests) out["left"] = *budget.left_requests;
  if (budget.burn_rate) out["burn_rate"] = *budget.burn_rate;
  return out;
}

json::object releases_of(const measurements& run) {
  json::object out;
  for (const std::string router : routers) {
    const auto* measured = run.find("releases-" + router);
    if (measured == nullptr) continue;
    json::object part{{"load", load_of(measured->at("load").as_object())}};
    json::object durations = member(*measured, "phases");
    if (const auto* drain = run.find("drain-" + router)) durations["drain"] = drain->at("seconds");
    part["durations_seconds"] = durations;
    copy(*measured, part, {"revisions"});
    out[router] = part;
  }
  return out;
}

json::array faults_of(const measurements& run) {
  json::array out;
  for (const auto& name : run.names("fault-")) {
    const auto& measured = *run.find(name);
    const auto dash = name.rfind('-');
    json::object one{{"fault", name.substr(6, dash - 6)}, {"router", name.substr(dash + 1)}};
    one["load"] = load_of(measured.at("load").as_object());
    copy(measured, one, {"helm_exit", "helm_message", "seen_in_pods", "refused_by_budget"});
    out.push_back(one);
  }
  return out;
}

json::object controllers_of(const measurements& run) {
  json::object out;
  for (const auto& name : run.names("controller-")) {
    json::object one;
    copy(*run.find(name), one, {"good_phases", "bad_phases", "tracks"});
    out[name.substr(11)] = one;
  }
  return out;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// What the judge decided, step by step; where it was asked several times, the median of the canary's requests it took.
json::object judge_of(const measurements& run) {
  json::object out;
  for (const auto& name : run.names("judge-")) {
    const auto& measured = *run.find(name);
    json::object one;
    copy(measured, one, {"rate", "options", "reason", "seconds", "requests", "failed", "phases", "canary_requests"});
    if (const auto* needed = one.if_contains("canary_requests")) {
      one["median_canary_requests"] = median(json::value_to<std::vector<double>>(*needed));
    }
    out[name.substr(6)] = one;
  }
  return out;
}

}  // namespace

json::object cluster_answers(const measurements& run) {
  json::object out;
  const auto whole = [&](std::string_view step, std::string_view key, std::initializer_list<std::string_view> keys) {
    const auto* measured = run.find(step);
    if (measured == nullptr) return;
    json::object part;
    copy(*measured, part, keys);
    out[key] = part;
  };
  if (const auto* environment = run.find("environment")) {
    out["environment"] = *environment;
    out["environment"].as_object().erase("recorded_at");
  }
  whole("pods", "pods", {"stable", "canary"});
  whole("targets", "targets", {"up", "monitors"});
  json::object splits, colors;
  for (const std::string router : routers) {
    if (const auto* measured = run.find("split-" + router)) splits[router] = split_of(*measured);
    if (const auto* measured = run.find("colours-" + router)) {
      colors[router] = {{"requests", measured->at("requests")}, {"seen", measured->at("seen")}};
    }
  }
  if (!splits.empty()) out["splits"] = splits;
  if (!colors.empty()) out["colors_seen"] = colors;
  if (const auto* measured = run.find("queries")) {
    out["queries"] = queries_of(*measured);
    out["client"] = {{"requests", measured->at("requests")},
                     {"failed", measured->at("failed")},
                     {"rate", measured->at("client_rate")},
                     {"prometheus_rate_over_1m", measured->at("window_rates")}};
  }
  whole("counted", "counted", {"client", "prometheus"});
  if (const auto* measured = run.find("resources")) out["resources"] = resources_of(*measured);
  whole("rules", "rules", {"recording", "alerting"});
  whole("dashboard", "dashboard", {"queries"});
  whole("burning", "burning_canary", {"alerts", "requests", "failed", "seconds_to_alert"});
  if (const auto releases = releases_of(run); !releases.empty()) {
    out["releases"] = releases;
    out["error_budget"] = budget_of(releases);
  }
  if (const auto* measured = run.find("undrained")) {
    out["without_draining"] = {{"load", load_of(measured->at("load").as_object())}};
  }
  if (auto faults = faults_of(run); !faults.empty()) out["faults"] = std::move(faults);
  whole("rollback-on-failure", "rollback_on_failure", {"seconds", "helm_exit", "helm_message"});
  whole("pending-upgrade", "pending_upgrade", {"rollback_seconds", "helm_message"});
  whole("uninstall", "uninstall", {"seconds", "objects_left"});
  if (auto controllers = controllers_of(run); !controllers.empty()) out["controllers"] = std::move(controllers);
  if (auto judge = judge_of(run); !judge.empty()) out["judge"] = std::move(judge);
  if (!out.empty()) out["observations"] = observations(out);
  return out;
}

}  // namespace canaryctl
