// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/scrape_source.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <future>
#include <limits>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

namespace ip = boost::asio::ip;

struct address {
  stat::track side = stat::track::stable;
  bool gateway = false;
  http_target target;
};

struct lookup {
  std::vector<http_target> found;
  std::string problem;
  bool is_name = false;  ///< not an address
  bool nobody = false;   ///< the name exists no more, or has no address: no ready pod
};

lookup look_up(const http_target& where) {
  lookup out;
  boost::system::error_code error;
  ip::make_address(where.host, error);
  if (!error) return out.found.push_back(where), out;
  out.is_name = true;
  out.found = addresses_of(where, error);
  if (error) {
    out.nobody = error == boost::asio::error::host_not_found || error == boost::asio::error::no_data;
    out.problem = "cannot resolve '" + where.host + "': " + error.message();
  }
  return out;
}

double sum(const exposition& metrics, const std::string& name, const selector& where, bool& seen) {
  double total = 0;
  for (const auto& one : metrics.samples) {
    if (one.name != name || !where.matches(one.labels) || !std::isfinite(one.value) || one.value < 0) continue;
    total += one.value;
    seen = true;
  }
  return total;
}

std::uint64_t whole(double value) { return value < 1e18 ? static_cast<std::uint64_t>(std::llround(value)) : 0; }

std::string label_of(const exposition& metrics, const std::string& metric, const std::string& label) {
  for (const auto& one : metrics.samples)
    if (one.name == metric) return std::string(one.label(label));
  return {};
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

const char* word(stat::track side) { return side == stat::track::canary ? "canary" : "stable"; }

}  // namespace

boost::system::result<http_target, parse_error> parse_scrape_target(const std::string& text) {
  const bool is_url = text.find("://") != std::string::npos;
  auto target = parse_target(is_url ? text : "http://" + text);
  if (!target) {
    return parse_error{"'" + text + "': expected a host name, host:port or http://host:port/path"};
  }
  if (!is_url) {
    // Port 80 may have been meant: only where the text has no port does 8081 stand in.
    const auto colon = text.rfind(':');
    const bool has_port = colon != std::string::npos && text.find(']', colon) == std::string::npos;
    if (!has_port) *target = target->with_port(8081);
  }
  if (target->target == "/") *target = target->with_target("/metrics");
  return target;
}

std::set<double> bounds_of(const exposition& metrics, const std::string& histogram) {
  std::set<double> out;
  for (const auto& one : metrics.samples) {
    if (one.name != histogram + "_bucket") continue;
    const std::string le(one.label("le"));
    out.insert(le == "+Inf" ? std::numeric_limits<double>::infinity() : std::strtod(le.c_str(), nullptr));
  }
  return out;
}

stat::pod_sample read_pod(const exposition& metrics, const scrape_options& options, std::vector<std::string>& missing) {
  stat::pod_sample out;
  for (const auto& one : options.measures) {
    bool has_total = false, has_events = false;
    const auto total = whole(sum(metrics, one.total.metric, one.total.where, has_total));
    const auto counted = whole(sum(metrics, one.events.metric, one.events.where, has_events));
    // A counter of errors may appear with the first error; a bucket is there or is not.
    if (!has_total) missing.push_back(one.total.text());
    if (has_total && !has_events && one.events_are_the_rest) missing.push_back(one.events.text());
    out.counters.push_back({total, one.events_are_the_rest ? total - std::min(counted, total) : counted});
  }
  bool has_start = false;
  out.start_time = sum(metrics, options.names.start_time, {}, has_start);
  if (!options.measures.empty() && !options.revision.version.empty())
    out.revision.version = label_of(metrics, options.measures[0].total.metric, options.revision.version);
  if (options.revision.with_config)
    out.revision.config = label_of(metrics, options.revision.info, options.revision.config);
  return out;
}

stat::tally read_gateway(const exposition& metrics, const gateway_measure& what, stat::track side) {
  const auto& where = side == stat::track::canary ? what.canary : what.stable;
  bool seen = false;
  return {whole(sum(metrics, what.metric, where, seen)), whole(sum(metrics, what.metric, where && what.errors, seen))};
}

round scrape_source::next() {
  round out;
  out.now = now();
  std::vector<address> all;
  unsigned ready = 0;
  bool knows_ready = !options_.canary.empty();
  const auto add = [&](const std::vector<http_target>& targets, stat::track side, bool gateway) {
    for (const auto& target : targets) {
      auto got = look_up(target);
      if (!got.problem.empty()) out.problems.push_back(got.problem);
      for (auto& one : got.found) all.push_back({side, gateway, std::move(one)});
      if (gateway || side == stat::track::stable) continue;
      ready += static_cast<unsigned>(got.found.size());
      knows_ready = knows_ready && got.is_name && (got.problem.empty() || got.nobody);
    }
  };
  add(options_.stable, stat::track::stable, false);
  add(options_.canary, stat::track::canary, false);
  add(options_.gateway, stat::track::stable, true);
  if (knows_ready) out.ready_canaries = ready;

  std::vector<std::future<exchange_result>> answers;
  for (const auto& one : all) {
    answers.push_back(std::async(std::launch::async, [this, &one] {
      return fetch(one.target, {}, {.timeout = options_.timeout, .keep_body = 16u << 20});
    }));
  }
  std::optional<std::set<double>> bounds[2];
  for (std::size_t i = 0; i != all.size(); ++i) {
    const auto got = answers[i].get();
    const auto& from = all[i];
    const auto name = from.target.url();
    const auto problem = [&](const std::string& what) { out.problems.push_back(name + ": " + what); };
    if (got.result != outcome::answered) {
      problem(std::string(to_string(got.result)) + ": " + got.error);
      continue;
    }
    out.reached = true;
    if (got.response.status != 200) {
      problem("status " + std::to_string(got.response.status) + ", expected 200");
      continue;
    }
    const auto metrics = parse_text_format(got.response.body);
    if (!metrics) {
      problem(metrics.error().what);
      continue;
    }
    if (from.gateway) {
      for (const auto side : {stat::track::stable, stat::track::canary})
        out.gateway.push_back(
            {name + " of " + word(side), side, {}, 0, {read_gateway(*metrics, *options_.at_gateway, side)}});
      continue;
    }
    std::vector<std::string> missing;
    auto sample = read_pod(*metrics, options_, missing);
    sample.pod = name;
    sample.side = from.side;
    for (const auto& what : missing) problem("no " + what);
    if (!missing.empty()) continue;
    out.pods.push_back(std::move(sample));
    for (const auto& one : options_.measures) {
      if (!one.bound) continue;
      auto& seen = bounds[from.side == stat::track::canary ? 1 : 0];
      auto mine = bounds_of(*metrics, options_.names.duration);
      if (!seen) seen = std::move(mine);
      break;
    }
  }
  if (!out.gateway.empty()) {
    for (const auto side : {stat::track::stable, stat::track::canary}) {
      const auto counts = [&](const stat::pod_sample& one) { return one.side == side && one.counters[0].total > 0; };
      const auto& what = *options_.at_gateway;
      if (std::none_of(out.gateway.begin(), out.gateway.end(), counts))
        out.problems.push_back("the gateway has no " +
                               series{what.metric, side == stat::track::canary ? what.canary : what.stable}.text());
    }
  }
  if (bounds[0] && bounds[1] && *bounds[0] != *bounds[1]) out.differing_bounds = options_.names.duration;
  return out;
}

std::string scrape_source::describe() const {
  std::string text = "scrapes of stable";
  for (const auto& one : options_.stable) text += " " + one.url();
  text += ", canary";
  for (const auto& one : options_.canary) text += " " + one.url();
  if (!options_.gateway.empty()) text += ", gateway";
  for (const auto& one : options_.gateway) text += " " + one.url();
  return text;
}

}  // namespace canaryctl::judge
