// SPDX-License-Identifier: BSL-1.0
// The last steps: the bad canary, the error budget, and staying up afterwards.
#include "canaryctl/client/http.hpp"
#include "canaryctl/demo/story.hpp"
#include "canaryctl/demo/words.hpp"
#include "canaryctl/judge/engine.hpp"
#include "canaryctl/judge/report.hpp"
#include "canaryctl/judge/scrape_source.hpp"
#include "canaryctl/stats/budget.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <cmath>

namespace canaryctl::demo {
namespace {

using namespace std::chrono_literals;

namespace stat = canary::judge;

constexpr auto look_every = 500ms;
constexpr auto evidence_within = 25s;  // for the verdict; with the default error rate it takes a few seconds
constexpr double slo = 99.9;
constexpr double stay_rate = 10;
/// A rollback that is by chance alone happens once in a million runs.
constexpr double false_rollback = 1e-6;
const std::string stable_version = "v1", canary_version = "v2";

/// Errors alone: the story's canary is not slow. Injected errors are independent of each other, and the demo says so.
judge::scrape_source pods_of(const fleet& all) {
  judge::scrape_options options;
  const auto add = [&](track side, std::vector<http_target>& to) {
    for (const auto& pod : all.pods(side))
      to.push_back(*parse_target("http://" + pod.host + ":" + std::to_string(pod.admin_port) + "/metrics"));
  };
  add(track::stable, options.stable);
  add(track::canary, options.canary);
  options.measures = {*judge::errors_measure({}, slo / 100)};
  return judge::scrape_source(std::move(options));
}

judge::engine_options judged_by() {
  judge::engine_options options;
  options.judge.alpha = false_rollback;
  options.judge.assume = stat::assumption::independent;
  options.batching.warmup = 0;  // the pods have been serving for a while
  return options;
}

boost::json::object to_json(const stat::tally& one) {
  return {{"requests", one.total},
          {"errors", one.events},
          {"error_rate", one.total > 0 ? double(one.events) / double(one.total) : 0}};
}

std::string growth(const stat::verdict& seen) {
  return "evidence " + judge::bar(seen.rollback_evidence, seen.rollback_at, 30) + " " +
         decimals(std::log10(std::max(seen.rollback_evidence, 1.0)), 1) + " of " +
         decimals(std::log10(seen.rollback_at), 0) + " powers of ten";
}

boost::json::value optional_number(const std::optional<double>& value) {
  return value ? boost::json::value(*value) : boost::json::value();
}

}  // namespace

void story::set_faults(bool on) {
  for (const auto& pod : fleet_.pods(track::canary)) {
    const auto target = parse_target("http://" + pod.host + ":" + std::to_string(pod.admin_port) + "/api/faults");
    http_request request;
    request.method = on ? "PUT" : "DELETE";
    if (on) {
      request.headers = {{"Content-Type", "application/json"}};
      request.body = boost::json::serialize(boost::json::value{{"error_rate", options_.error_rate}});
    }
    const auto got = fetch(*target, request);
    if (got.result != outcome::answered || got.response.status / 100 != 2)
      demand(false,
             "faults of pod " + pod.name + " could not be set: " +
                 (got.result == outcome::answered ? "status " + std::to_string(got.response.status) : got.error));
  }
}

void story::bad_canary() {
  out_.step(5, "A bad canary: " + decimals(100 * options_.error_rate, 1) + " % of its answers become errors");
  const auto counted = traffic_->counts();
  auto pods = pods_of(fleet_);
  judge::engine judged(judged_by());
  judged.take(pods.next());
  const auto start = std::chrono::steady_clock::now();
  set_faults(true);

  auto verdict = judged.look();
  boost::json::array record;
  while (verdict.decided != stat::decision::rollback && std::chrono::steady_clock::now() - start < evidence_within) {
    watch(look_every, [&] { return growth(verdict); });
    const auto closed = judged.take(pods.next());
    verdict = judged.look();
    if (!closed) continue;
    record.emplace_back(boost::json::array{closed->stable[0].total, closed->stable[0].events, closed->canary[0].total,
                                           closed->canary[0].events, verdict.rollback_evidence});
    out_.line(growth(verdict));
  }
  const bool rolled_back = verdict.decided == stat::decision::rollback;
  const auto stable = verdict.metrics[0].stable, canary = verdict.metrics[0].canary;
  const double took = seconds(std::chrono::steady_clock::now() - start).count();
  proxy_.set_weight(0);
  watch(500ms, [] { return std::string("weight 0: the last requests to the canary end"); });
  const auto stopped = traffic_->counts();
  watch(1s, [&] { return split_line(traffic_->counts() - stopped); });
  const auto afterwards = traffic_->counts() - stopped;
  set_faults(false);

  const auto during = stopped - counted;
  const auto met = during.errors();
  injected_ = during.injected;
  undecided_ = undecided_ || !rolled_back;

  out_.line(row("version", {"requests", "errors", "error rate"}));
  for (const auto& [version, one] : {std::pair{stable_version, stable}, std::pair{canary_version, canary}})
    out_.line(row(version, {grouped(one.total), grouped(one.events),
                            decimals(one.total > 0 ? 100 * double(one.events) / double(one.total) : 0, 2) + " %"}));
  out_.line((rolled_back ? "rolled back after " : "not decided after ") + decimals(took, 1) + " s: " + verdict.reason);
  out_.line("weight set to 0; " + grouped(met) + " requests of users met an error, " + percent(met, during.sent) +
            " of all while the canary was bad");
  demand(afterwards.failed() == 0 && afterwards.by_version().count(canary_version) == 0,
         "with weight 0: " + grouped(afterwards.failed()) + " of " + grouped(afterwards.sent) + " requests failed, " +
             (afterwards.by_version().count(canary_version) ? "some" : "none") + " reached the canary");
  report_["bad_canary"] = {{"injected_error_rate", options_.error_rate},
                           {"versions", {{stable_version, to_json(stable)}, {canary_version, to_json(canary)}}},
                           {"verdict", stat::to_string(verdict.decided)},
                           {"alpha", false_rollback},
                           {"assume", "independent"},
                           {"rollback_evidence", verdict.rollback_evidence},
                           {"rollback_at", verdict.rollback_at},
                           {"batches", std::move(record)},
                           {"reason", verdict.reason},
                           {"seconds_to_verdict", took},
                           {"weight_percent_afterwards", 0},
                           {"requests", during.sent},
                           {"errors_met", met},
                           {"requests_afterwards", afterwards.sent},
                           {"failed_afterwards", afterwards.failed()}};
}

void story::budget() {
  traffic_->stop();
  note_deaths();
  out_.step(6, "Error budget of the whole run, and every failed request");
  const double took = seconds(std::chrono::steady_clock::now() - begun_).count();
  const auto all = traffic_->counts();
  const auto failed = all.failed();
  const auto budget = work_out_budget({.slo = slo,
                                       .counted_over = seconds(took),
                                       .total = static_cast<double>(all.sent),
                                       .errors = static_cast<double>(failed)});
  out_.line(grouped(all.sent) + " requests in " + decimals(took, 1) + " s, " + grouped(failed) + " failed; a " +
            decimals(slo, 1) + " % objective allows " + decimals(budget.allowed_requests.value_or(0), 1) + ", spent " +
            decimals(100 * budget.spent_share.value_or(0), 0) + " %, left " +
            decimals(budget.left_requests.value_or(0), 1));
  if (!budget.allowed_requests) out_.line(budget.words);
  if (budget.lasts)
    out_.line("projected: at this rate of errors a full 30-day budget lasts " +
              decimals(budget.lasts->count() / 86400, 1) + " days");
  report_["error_budget"] = {{"slo_percent", slo},
                             {"requests", all.sent},
                             {"errors", failed},
                             {"run_seconds", took},
                             {"allowed", optional_number(budget.allowed_requests)},
                             {"spent_share", optional_number(budget.spent_share)},
                             {"left", optional_number(budget.left_requests)},
                             {"burn_rate", optional_number(budget.burn_rate)}};
  if (budget.lasts) report_["error_budget"].as_object()["full_budget_lasts_days"] = budget.lasts->count() / 86400;

  const auto seen = proxy_.counts();
  boost::json::object outcomes{{"refused", 0}, {"reset", 0}, {"timeout", 0}};
  for (const auto& [how, n] : all.lost)
    if (how != "unsent") outcomes[how] = n;
  std::uint64_t five = 0;
  for (const auto& [status, n] : all.statuses)
    if (status >= 500) {
      five += n;
      outcomes["status_" + std::to_string(status)] = n;
    }
  outcomes["5xx"] = five;
  boost::json::array pods;
  for (const auto& pod : seen.pods) {
    boost::json::object one{{"pod", pod.address.name},  {"version", pod.address.version},
                            {"requests", pod.requests}, {"refused", pod.refused},
                            {"reset", pod.reset},       {"timeout", pod.timeout},
                            {"cut", pod.cut},           {"malformed", pod.malformed}};
    if (pod.failures() > 0)
      demand(false, "pod " + pod.address.name + ": " + grouped(pod.refused) + " refused, " + grouped(pod.reset) +
                        " reset, " + grouped(pod.timeout) + " timed out, " + grouped(pod.cut) + " cut, " +
                        grouped(pod.malformed) + " malformed");
    pods.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(seen.failures.size(), 5); ++i) out_.line("  " + seen.failures[i]);
  for (const auto& example : traffic_->examples()) out_.line("  client: " + example);
  const auto others = failed - std::min(failed, injected_);
  std::string detail;
  for (const char* how : {"refused", "reset", "timeout"}) {
    const auto found = all.lost.find(how);
    detail += std::string(how) + " " + grouped(found == all.lost.end() ? 0 : found->second) + ", ";
  }
  std::uint64_t rest = 0;
  for (const auto& [how, n] : all.lost)
    if (how != "refused" && how != "reset" && how != "timeout" && how != "unsent") rest += n;
  demand(others == 0, grouped(others) + " requests failed that nobody asked to (" + detail + "other losses " +
                          grouped(rest) + ", 5xx " + grouped(five - std::min(five, injected_)) + "); " +
                          grouped(injected_) + " injected errors");
  const auto latencies = traffic_->latencies();
  const auto ms = [&](double q) { return std::chrono::duration<double, std::milli>(latencies.quantile(q)).count(); };
  out_.line("latency through the proxy: median " + decimals(ms(0.5), 1) + " ms, 99 % " + decimals(ms(0.99), 1) +
            " ms, from the moment each request was due");
  const auto unsent = all.lost.find("unsent");
  if (all.slipped * 100 > all.sent || unsent != all.lost.end())
    out_.line("this machine could not hold the rate: " + grouped(all.slipped) + " requests began over 100 ms late, " +
              grouped(unsent == all.lost.end() ? 0 : unsent->second) + " were never sent");
  report_["failed_requests"] = {{"total", failed},
                                {"injected", injected_},
                                {"not_injected", others},
                                {"by_outcome", outcomes},
                                {"by_pod", pods},
                                {"no_ready_pod", seen.no_ready_stable + seen.no_ready_canary},
                                {"unexpected_ends", boost::json::value_from(deaths_)}};
  report_["latency_ms"] = {{"p50", ms(0.5)}, {"p90", ms(0.9)}, {"p99", ms(0.99)}, {"p99_9", ms(0.999)}};
  boost::json::object colors;
  for (const auto& [who, n] : all.seen) {
    auto& list = colors[who.first];
    if (!list.is_array()) list = boost::json::array();
    list.as_array().emplace_back(who.second);
  }
  report_["colors_seen"] = colors;
}

void story::stay() {
  proxy_.set_weight(static_cast<int>(options_.weight));
  traffic_.reset();
  traffic more(proxy_.port(), stay_rate);
  out_.title("\nThe canary is repaired and has its weight again. The page: " + address() + "   (Ctrl-C ends)");
  out_.line("curl -H 'Host: canary-demo.local' " + address() + "   X-Canary: always|never chooses the track");
  const auto before = proxy_.counts();
  while (!stop_.wait(500ms)) {
    note_deaths();
    std::uint64_t stable = 0, canary = 0, lost = 0;
    const auto now = proxy_.counts();
    for (std::size_t i = 0; i < now.pods.size(); ++i) {
      const auto& pod = now.pods[i];
      const auto earlier = i < before.pods.size() ? before.pods[i] : pod_counts{};
      (pod.address.track == track::canary ? canary : stable) += pod.requests - earlier.requests;
      lost += pod.failures() - earlier.failures();
    }
    const auto n = stable + canary;
    out_.progress("live: " + grouped(n) + " requests, stable " + percent(stable, n) + ", canary " + percent(canary, n) +
                  ", " + grouped(lost) + " failed");
  }
}

}  // namespace canaryctl::demo
