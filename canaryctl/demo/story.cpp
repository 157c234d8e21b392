// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/story.hpp"

#include "canaryctl/demo/words.hpp"

#include <boost/json/value_from.hpp>

#include <random>

namespace canaryctl::demo {
namespace {

using namespace std::chrono_literals;

const release v1{"v1", "white"};
const release v2{"v2", "green"};
const release v3{"v3", "yellow"};

/// How --duration is shared out. The bad canary takes what its evidence takes, up to a bound of its own.
constexpr double split_part = 0.4, metrics_part = 0.2, settle_part = 0.15;

proxy_options proxy_of(const demo_options& options) {
  proxy_options result;
  result.port = static_cast<std::uint16_t>(options.port);
  result.weight = static_cast<int>(options.weight);
  result.seed = options.seed;
  return result;
}

demo_options with_seed(demo_options options) {
  while (options.seed == 0) options.seed = std::random_device()();
  return options;
}

}  // namespace

story::story(const demo_options& options, screen& out, interruption& stop)
    : options_(with_seed(options)),
      out_(out),
      stop_(stop),
      proxy_(proxy_of(options_)),
      fleet_(options_.app, scratch_.path(), proxy_, stop_) {
  if (options_.keep_logs) scratch_.keep();
  const auto of = [](std::uint64_t n, const release& what) {
    return std::to_string(n) + (n == 1 ? " pod " : " pods ") + what.version + " (" + what.color + ")";
  };
  out_.title("Canary story: " + of(options_.pods, v1) + " and " + of(options_.canaries, v2) + " behind " + address());
  out_.line("canary weight " + std::to_string(options_.weight) + " %, " + decimals(options_.rate, 0) +
            " requests/s without pause, seed " + std::to_string(options_.seed));
  out_.progress("starting the pods");
  try {
    fleet_.start(track::stable, v1, options_.pods);
    fleet_.start(track::canary, v2, options_.canaries);
  } catch (const demo_error&) {
    scratch_.keep();
    throw;
  }
  report_["options"] = {{"pods", options_.pods},
                        {"canaries", options_.canaries},
                        {"weight_percent", options_.weight},
                        {"rate", options_.rate},
                        {"duration_seconds", seconds(options_.duration).count()},
                        {"seed", options_.seed}};
  report_["pods"] = {{"stable", {{"replicas", options_.pods}, {"version", v1.version}, {"color", v1.color}}},
                     {"canary", {{"replicas", options_.canaries}, {"version", v2.version}, {"color", v2.color}}}};
}

std::string story::address() const { return "http://127.0.0.1:" + std::to_string(proxy_.port()) + "/"; }

exit_code story::run() {
  traffic_.emplace(proxy_.port(), options_.rate);
  begun_ = std::chrono::steady_clock::now();
  split();
  metrics();
  replace(3, "Upgrade of the canary to v3 (yellow), pod by pod", "upgrade", v2, v3);
  replace(4, "Rollback of the canary to v2 (green)", "rollback", v3, v2);
  bad_canary();
  budget();
  if (failed_) scratch_.keep();
  return failed_ ? exit_code::fail : undecided_ ? exit_code::inconclusive : exit_code::pass;
}

void story::split() {
  out_.step(1, "Traffic, split by weight");
  const auto before = traffic_->counts();
  watch(split_part * options_.duration, [&] { return split_line(traffic_->counts() - before); });
  const auto got = traffic_->counts() - before;

  std::uint64_t n = 0;
  for (const auto& [version, count] : got.by_version()) n += count;
  boost::json::object versions;
  bool good = n > 0;
  for (const auto& [version, count] : got.by_version()) {
    const bool known = version == v1.version || version == v2.version;
    const double canary = static_cast<double>(options_.weight) / 100;
    const double expected = version == v2.version ? canary : version == v1.version ? 1 - canary : 0;
    boost::json::object colors;
    for (const auto& [who, seen] : got.seen)
      if (who.first == version) colors[who.second] = seen;
    const auto shown = clopper_pearson(count, n, shown_confidence);
    const auto asserted = clopper_pearson(count, n, asserted_confidence);
    good = good && known && asserted.contains(expected);
    out_.line(version + ": " + grouped(count) + " of " + grouped(n) + " requests = " + percent(count, n) +
              " (95 % interval " + percents(shown) + "), expected " + decimals(100 * expected, 0) + " %, " +
              list_of(colors));
    versions[version] = {{"observed", count},
                         {"share", share(count, n)},
                         {"expected_share", expected},
                         {"interval", {shown.lower, shown.upper}},
                         {"asserted_interval", {asserted.lower, asserted.upper}},
                         {"colors", colors}};
  }
  demand(good, "the split agrees with " + std::to_string(100 - options_.weight) + ":" +
                   std::to_string(options_.weight) + " (exact binomial interval at 1 - 1e-6)");
  report_["split"] = {{"requests", n},
                      {"confidence", shown_confidence},
                      {"asserted_confidence", asserted_confidence},
                      {"versions", versions},
                      {"passed", good}};
}

void story::metrics() {
  out_.step(2, "Metrics of all pods");
  std::vector<std::string> missing;
  const auto before = scrape_pods(fleet_.pods(), missing);
  const auto counted = traffic_->counts();
  const auto start = std::chrono::steady_clock::now();
  watch(metrics_part * options_.duration,
        [&] { return split_line(traffic_->counts() - counted) + ", between two scrapes"; });
  const auto rates = since(before);
  const double window = seconds(std::chrono::steady_clock::now() - start).count();

  boost::json::object requests, errors, resources;
  out_.line(row("version", {"pods", "requests/s", "errors/s", "CPU s in " + decimals(window, 1) + " s", "memory MiB"}));
  for (const auto& [version, rate] : rates) {
    out_.line(row(
        version, {std::to_string(rate.pods), decimals(rate.requests_per_second, 1), decimals(rate.errors_per_second, 1),
                  decimals(rate.cpu_seconds, 2), decimals(rate.memory_bytes / (1 << 20), 1)}));
    requests[version] = rate.requests_per_second;
    errors[version] = rate.errors_per_second;
    resources[version] = {{"pods", rate.pods},
                          {"window_seconds", window},
                          {"cpu_seconds", rate.cpu_seconds},
                          {"memory_bytes", static_cast<std::uint64_t>(rate.memory_bytes)}};
  }
  report_["queries"] = {{{"query", "sum(rate(http_requests_total[5m])) by (version)"},
                         {"source", "two scrapes of every pod"},
                         {"window_seconds", window},
                         {"result", requests}},
                        {{"query", "sum(rate(http_requests_total{code=~\"5.*\"}[5m])) by (version)"},
                         {"source", "two scrapes of every pod"},
                         {"window_seconds", window},
                         {"result", errors}}};
  report_["resources"] = resources;
  const auto expected = fleet_.pods().size();
  std::size_t scraped = 0;
  for (const auto& [version, rate] : rates) scraped += rate.pods;
  demand(scraped == expected && rates.count(v1.version) && rates.count(v2.version),
         std::to_string(scraped) + " of " + std::to_string(expected) + " pods scraped twice, both versions among them");
}

void story::replace(int number, const std::string& title, const char* key, const release& from, const release& to) {
  out_.step(number, title);
  const auto before = traffic_->counts();
  const auto start = std::chrono::steady_clock::now();
  out_.progress("a pod " + to.version + " starts, then a pod " + from.version + " is drained");
  const auto steps = fleet_.upgrade(track::canary, to);
  const double took = seconds(std::chrono::steady_clock::now() - start).count();
  note_deaths();
  const auto replaced = traffic_->counts();
  watch(settle_part * options_.duration, [&] { return split_line(traffic_->counts() - replaced); });
  const auto after = traffic_->counts() - replaced;
  const auto during = traffic_->counts() - before;

  boost::json::array pods;
  for (const auto& step : steps) {
    out_.line(step.added + " ready after " + decimals(step.ready.count(), 2) + " s, then " + step.removed +
              " drained in " + decimals(step.drain.count(), 2) + " s");
    pods.push_back({{"added", step.added},
                    {"removed", step.removed},
                    {"ready_seconds", step.ready.count()},
                    {"drain_seconds", step.drain.count()}});
  }
  const auto seen = after.seen.find({to.version, to.color});
  const auto old = after.by_version().count(from.version);
  demand(seen != after.seen.end() && old == 0,
         "afterwards " + to.color + " " + to.version + " answers" +
             (old == 0 ? ", " + from.version + " no more" : ", but " + from.version + " still does"));
  demand(during.failed() == 0, grouped(during.failed()) + " of " + grouped(during.sent) + " requests failed meanwhile");
  report_[key] = {{"track", "canary"},
                  {"from", {{"version", from.version}, {"color", from.color}}},
                  {"to", {{"version", to.version}, {"color", to.color}}},
                  {"pods", pods},
                  {"seconds", took},
                  {"requests", during.sent},
                  {"failed", during.failed()}};
}

void story::watch(seconds time, const std::function<std::string()>& progress) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    note_deaths();
    const seconds left = end - std::chrono::steady_clock::now();
    if (left <= 0s) return;
    out_.progress(progress() + "  (" + decimals(left.count(), 0) + " s)");
    stop_.sleep(std::chrono::duration_cast<std::chrono::nanoseconds>(std::min<seconds>(left, 200ms)));
  }
}

void story::note_deaths() {
  for (auto& death : fleet_.take_deaths()) {
    demand(false, death);
    deaths_.push_back(std::move(death));
  }
}

void story::demand(bool good, const std::string& text) {
  out_.check(good, text);
  if (!good) failed_ = true;
}

std::map<std::string, version_rates> story::since(const scrape& earlier) {
  std::vector<std::string> missing;
  const auto now = scrape_pods(fleet_.pods(), missing);
  for (const auto& one : missing) out_.line("not scraped: " + one);
  return rates_by_version(earlier, now);
}

std::string story::split_line(const traffic_counts& counts) const {
  std::uint64_t n = 0;
  for (const auto& [version, count] : counts.by_version()) n += count;
  std::string text = grouped(counts.sent) + " requests";
  for (const auto& [version, count] : counts.by_version()) text += ", " + version + " " + percent(count, n);
  return text + ", " + grouped(counts.failed()) + " failed";
}

}  // namespace canaryctl::demo
