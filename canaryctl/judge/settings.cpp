// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/settings.hpp"

#include "canaryctl/cli/values.hpp"
#include "canaryctl/judge/prometheus_source.hpp"
#include "canaryctl/judge/scrape_source.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

using std::chrono::milliseconds;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

[[noreturn]] void reject(const std::string& option, const std::string& what) {
  throw CLI::ValidationError(option, what);
}

selector select(const std::string& option, const std::string& text) {
  auto read = selector::parse(text);
  if (!read) reject(option, read.error().what);
  return std::move(*read);
}

measure value(const std::string& option, boost::system::result<measure, parse_error> got) {
  if (!got) reject(option, got.error().what);
  return std::move(*got);
}

std::vector<measure> make_measures(const settings& s) {
  const double objective = s.slo / 100;
  std::vector<measure> all{value("judge", errors_measure(s.names, objective))};
  all[0].options.tolerance = s.tolerance_errors;
  const bool none = s.slow_bounds.size() == 1 && s.slow_bounds[0] == "none";
  for (const auto& text : s.slow_bounds) {
    if (none) break;
    const auto bound = parse_duration(text);
    if (!bound || bound->count() <= 0)
      reject("--slow-bound", "'" + text + "': expected durations such as 250ms,1.5s, or none alone");
    all.push_back(value("judge", slow_measure(s.names, seconds(*bound))));
    all.back().options.tolerance = s.tolerance_slow;
  }
  for (const auto& text : s.pairs) {
    all.push_back(value("--pair", pair_measure(text)));
    all.back().options.tolerance = s.tolerance_slow;
  }
  for (auto& one : all) one.options.margin = s.margin;
  return all;
}

std::optional<gateway_measure> make_gateway(const settings& s) {
  if (s.gateway.kind.empty()) return std::nullopt;
  auto made = make_gateway_measure(s.gateway, s.slo / 100);
  if (!made) reject("judge", made.error().what);
  made->options.tolerance = s.tolerance_errors;
  made->options.margin = s.margin;
  return std::move(*made);
}

bool with_config(const settings& s) { return !s.stable_config.empty() || !s.canary_config.empty(); }

stat::pod_revision revision(const std::string& option, const std::string& version, const std::string& config) {
  if (!config.empty() && version.empty()) reject(option + "-config", "it needs " + option + "-version besides");
  return {version, config};
}

void read_scrape(const settings& s, scrape_options& out) {
  for (const auto& text : s.scrape) {
    const auto equals = text.find('=');
    const auto track = text.substr(0, equals);
    auto* targets = track == "stable"    ? &out.stable
                    : track == "canary"  ? &out.canary
                    : track == "gateway" ? &out.gateway
                                         : nullptr;
    if (equals == std::string::npos || targets == nullptr)
      reject("--scrape", "'" + text + "': expected stable=..., canary=... or gateway=... with host names or URLs");
    for (std::size_t from = equals + 1; from <= text.size();) {
      const auto to = std::min(text.find(',', from), text.size());
      auto target = parse_scrape_target(text.substr(from, to - from));
      if (!target) reject("--scrape", track + ": " + target.error().what);
      targets->push_back(std::move(*target));
      from = to + 1;
    }
  }
  if (out.stable.empty() || out.canary.empty()) reject("--scrape", "expected both stable=... and canary=...");
  if (s.gateway.kind.empty() != out.gateway.empty())
    reject("--scrape", "gateway=... and --gateway need each other: one says where, the other what it is");
}

}  // namespace

void add_settings(CLI::App& command, settings& s) {
  auto* url = add_url(command, "--prometheus", s.prometheus, "Read the counts from this Prometheus");
  command
      .add_option("--scrape", s.scrape,
                  "Or from the pods: stable=HOST-OR-URL,... canary=HOST-OR-URL,... (and gateway=...); every address "
                  "behind a host name is a pod, port 8081 and /metrics where not given")
      ->option_text("TRACK=WHERE")
      ->excludes(url);
  command.add_option("--stable", s.stable_select, "Prometheus: matchers of stable's series")->capture_default_str();
  command.add_option("--canary", s.canary_select, "Prometheus: matchers of the canary's series")->capture_default_str();
  command.add_option("--select", s.names.select, "Further matchers, such as path!=\"/healthz\"");
  command.add_option("--requests-metric", s.names.requests, "Counter of requests")->capture_default_str();
  command.add_option("--errors-match", s.names.errors, "Which of them are errors")->capture_default_str();
  command.add_option("--duration-metric", s.names.duration, "Histogram of durations")->capture_default_str();
  command.add_option("--start-metric", s.names.start_time, "Start of a process, Unix time")->capture_default_str();
  command.add_option("--pod-labels", s.pod_labels, "Prometheus: labels that together name a pod")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--stable-version", s.stable_version, "Only stable pods with this label version count");
  command.add_option("--canary-version", s.canary_version, "Only canary pods with this label version count");
  command.add_option("--stable-config", s.stable_config, "And this config in canary_build_info");
  command.add_option("--canary-config", s.canary_config, "And this config in canary_build_info");
  add_duration(command, "--warmup", s.warmup, milliseconds(0), std::chrono::hours(1), "Of a new pod; does not count");
  command.add_option("--gateway", s.gateway.kind, "Judge its 502, 503, 504 too: traefik or ingress-nginx")
      ->check(CLI::IsMember({"traefik", "ingress-nginx"}));
  command.add_option("--namespace", s.gateway.space, "Gateway: namespace of the Services")->capture_default_str();
  command.add_option("--stable-service", s.gateway.stable_service, "Gateway: stable's Service")->capture_default_str();
  command.add_option("--canary-service", s.gateway.canary_service, "Gateway: the canary's Service")
      ->capture_default_str();
  command.add_option("--gateway-stable", s.gateway.stable_select, "Gateway: matchers in place of the Service's");
  command.add_option("--gateway-canary", s.gateway.canary_select, "Gateway: matchers in place of the Service's");

  add_number(command, "--slo", s.slo, 0, 99.99999, "The objective: per cent of the requests that must succeed");
  command
      .add_option("--slow-bound", s.slow_bounds,
                  "Bounds of the histogram's buckets above which a request is slow, "
                  "such as 250ms,1.5s; none: not judged (250ms)")
      ->delimiter(',')
      ->option_text("DURATION,...");
  command.add_option("--pair", s.pairs, "One more metric, NAME=TOTAL/EVENTS: two counters, with {matchers} or without")
      ->option_text("PAIR");
  add_number(command, "--alpha", s.alpha, 0, 0.5, "Chance of rolling back a canary no worse than stable");
  add_number(command, "--beta", s.beta, 0, 0.5, "Chance of promoting one that is bad in any metric");
  const auto add_tolerance = [&](const char* name, double& to, const char* what) {
    command
        .add_option_function<std::string>(
            name,
            [name, &to](const std::string& text) {
              const auto number = parse_number(text);
              if (!number || *number < 0 || *number > 100)
                reject(name, "'" + text + "': expected a number from 0 to 100");
              to = *number;
            },
            what)
        ->option_text("N");
  };
  add_tolerance("--tolerance-errors", s.tolerance_errors,
                "Errors: a canary up to (1 + N) times as bad as stable is not rolled back (0)");
  add_tolerance("--tolerance-slow", s.tolerance_slow, "The same of slow requests and pairs (0.25)");
  add_number(command, "--margin", s.margin, 1.01, 100, "A canary so many times as bad as stable is not promoted");
  command.add_option("--assume", s.assume, "Events of one scrape interval are dependent or independent")
      ->check(CLI::IsMember({"dependent", "independent"}))
      ->capture_default_str();
  add_number(command, "--max-burst", s.max_burst, 1, 1000, "Largest number of events with one cause");
  add_count(command, "--least-requests", s.least_requests, 1, 1'000'000, "Of each track, before a batch is weighed");
  add_count(command, "--restarts", s.restarts, 1, 1000, "Guardrail: so many restarts of canary pods roll back");
  const auto day = std::chrono::hours(24);
  add_duration(command, "--without-traffic", s.without_traffic, milliseconds(1), day, "Guardrail: no canary request");
  add_duration(command, "--without-ready", s.without_ready, milliseconds(1), day,
               "Guardrail: no ready canary; rolls back");
  add_duration(command, "--without-metrics", s.without_metrics, milliseconds(1), day,
               "Guardrail: no metrics of a track");
  add_duration(command, "--timeout", s.timeout, milliseconds(1), std::chrono::minutes(1), "Of one scrape or query");
}

bool has_source(const settings& s) { return !s.prometheus.host.empty() || !s.scrape.empty(); }

prometheus_options make_prometheus_options(const settings& s) {
  prometheus_options out;
  out.url = s.prometheus;
  out.measures = make_measures(s);
  out.at_gateway = make_gateway(s);
  out.names = s.names;
  out.revision.with_config = with_config(s);
  out.stable = select("--stable", s.stable_select);
  out.canary = select("--canary", s.canary_select);
  out.pod_labels = s.pod_labels;
  out.timeout = s.timeout;
  return out;
}

std::unique_ptr<source> make_source(const settings& s) {
  if (!s.prometheus.host.empty()) return std::make_unique<prometheus_source>(make_prometheus_options(s));
  scrape_options out;
  read_scrape(s, out);
  out.measures = make_measures(s);
  out.at_gateway = make_gateway(s);
  out.names = s.names;
  out.revision.with_config = with_config(s);
  out.timeout = s.timeout;
  return std::make_unique<scrape_source>(std::move(out));
}

engine_options make_engine_options(const settings& s) {
  engine_options out;
  out.judge.metrics.clear();
  for (const auto& one : make_measures(s)) out.judge.metrics.push_back(one.options);
  if (const auto at = make_gateway(s)) {
    out.judge.metrics.push_back(at->options);
    out.gateway = true;
  }
  out.judge.alpha = s.alpha;
  out.judge.beta = s.beta;
  out.judge.max_burst = s.max_burst;
  out.judge.assume = s.assume == "independent" ? stat::assumption::independent : stat::assumption::any_within_batch;
  out.batching.least_requests = s.least_requests;
  out.batching.warmup = seconds(s.warmup);
  out.batching.stable_revision = revision("--stable", s.stable_version, s.stable_config);
  out.batching.canary_revision = revision("--canary", s.canary_version, s.canary_config);
  out.guardrails.restarts = static_cast<unsigned>(s.restarts);
  out.guardrails.seconds_without_traffic = seconds(s.without_traffic);
  out.guardrails.seconds_without_ready = seconds(s.without_ready);
  out.guardrails.seconds_without_metrics = seconds(s.without_metrics);
  if (const auto mistakes = check(out.judge); !mistakes.empty()) reject("judge", mistakes.front());
  return out;
}

}  // namespace canaryctl::judge
