// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/load_report.hpp"

#include "canaryctl/cli/command.hpp"
#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/values.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <ostream>

namespace canaryctl {
namespace json = boost::json;

namespace {

constexpr std::array lost_outcomes{outcome::refused, outcome::unreachable, outcome::reset,
                                   outcome::timeout, outcome::cut,         outcome::malformed};

constexpr std::array<std::pair<const char*, double>, 5> quantiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}}};

double milliseconds(std::chrono::nanoseconds duration) { return static_cast<double>(duration.count()) / 1e6; }

json::object quantiles_of(const latency_histogram& histogram) {
  json::object out;
  out["mean"] = milliseconds(histogram.mean());
  for (const auto& [name, q] : quantiles) out[name] = milliseconds(histogram.quantile(q));
  out["max"] = milliseconds(histogram.max());
  return out;
}

void print_quantiles(std::ostream& out, const char* name, const latency_histogram& histogram) {
  if (histogram.count() == 0) {
    out << name << "nothing to measure\n";
    return;
  }
  out << name << "mean " << decimals(milliseconds(histogram.mean()), 2);
  for (const auto& [label, q] : quantiles)
    out << "  " << label << ' ' << decimals(milliseconds(histogram.quantile(q)), 2);
  out << "  max " << decimals(milliseconds(histogram.max()), 2) << " ms\n";
}

std::string why_not_held(const load_report& report) {
  if (report.count(outcome::unsent) > 0) {
    return grouped(report.count(outcome::unsent)) + " requests were never sent: all " +
           std::to_string(report.options.connections) +
           " connections were busy, or this machine had no port or descriptor left";
  }
  return "one request in a hundred was sent " + decimals(milliseconds(report.slip.quantile(0.99)), 0) +
         " ms or more after it was due";
}

}  // namespace

load_report::load_report(const load_options& given, std::chrono::nanoseconds length, load_limits allowed)
    : options(given), duration(length), limits(std::move(allowed)) {}

void load_report::add(const load_record& record) {
  const auto& exchange = record.exchange;
  ++outcomes_[static_cast<std::size_t>(exchange.result)];
  connected_ = connected_ || exchange.connected;
  body_bytes += exchange.response.body_bytes;
  if (exchange.result != outcome::unsent) {
    slip.add(record.sent - record.intended);
    last_sent_ = std::max(last_sent_, record.sent);
  }
  if (exchange.result == outcome::answered) {
    ++statuses[exchange.response.status];
    latency.add(record.finished - record.intended);
  } else if (first_error_.empty()) {
    first_error_ = exchange.error;
  }
}

std::uint64_t load_report::due() const { return std::accumulate(outcomes_.begin(), outcomes_.end(), std::uint64_t{0}); }

std::uint64_t load_report::failed() const {
  auto bad = due() - count(outcome::answered) - count(outcome::unsent);
  for (const auto& [status, times] : statuses) {
    if (status >= 400 && !limits.allowed.contains(status)) bad += times;
  }
  return bad;
}

bool load_report::held_rate() const {
  return count(outcome::unsent) == 0 && slip.quantile(0.99) <= std::chrono::milliseconds(100);
}

exit_code load_report::verdict() const {
  if (!connected_) return exit_code::unreachable;
  if (failed() > limits.max_failures) return exit_code::fail;
  return count(outcome::unsent) > 0 ? exit_code::inconclusive : exit_code::pass;
}

void load_report::interrupt() { interrupted_ = load_record::clock::now(); }

double load_report::seconds() const {
  const std::chrono::duration<double> asked = interrupted() ? interrupted_ - started_ : duration;
  return asked.count();
}

double load_report::sent_rate() const {
  const std::chrono::duration<double> sending = last_sent_ - started_;
  return static_cast<double>(sent()) / std::max({seconds(), sending.count(), 1e-9});
}

json::object to_json(const load_report& report) {
  json::object out;
  out["target"] = report.options.target.text;
  out["asked_rate"] = report.options.rate;
  out["duration_seconds"] = report.seconds();
  out["interrupted"] = report.interrupted();
  out["due"] = report.due();
  out["sent"] = report.sent();
  out["unsent"] = report.count(outcome::unsent);
  out["sent_rate"] = report.sent_rate();
  out["held_rate"] = report.held_rate();
  out["ok"] = report.sent() - report.failed();
  out["failed"] = report.failed();
  json::object statuses;
  for (const auto& [status, times] : report.statuses) statuses[std::to_string(status)] = times;
  out["statuses"] = std::move(statuses);
  json::object outcomes;
  for (const auto result : lost_outcomes) outcomes[to_string(result)] = report.count(result);
  out["outcomes"] = std::move(outcomes);
  out["body_bytes"] = report.body_bytes;
  out["connections_opened"] = report.connections_opened();
  out["latency_ms"] = quantiles_of(report.latency);
  out["slip_ms"] = quantiles_of(report.slip);
  out["latency_error"] = latency_histogram::relative_error;
  if (!report.first_error().empty()) out["first_error"] = report.first_error();
  add_verdict(out, report.verdict());
  return out;
}

void print(std::ostream& out, const load_report& report) {
  out << "target     " << report.options.request.method << ' ' << report.options.target.text << '\n'
      << "rate       asked " << decimals(report.options.rate, 1) << "/s, sent " << decimals(report.sent_rate(), 1)
      << "/s for " << decimals(report.seconds(), 1) << " s over " << grouped(report.connections_opened())
      << " connections" << (report.options.fresh ? " (one a request)" : "")
      << (report.interrupted() ? ", interrupted" : "") << '\n'
      << "requests   " << grouped(report.due()) << " due, " << grouped(report.sent()) << " sent, "
      << grouped(report.failed()) << " failed\n";
  for (const auto& [status, times] : report.statuses) out << "  " << status << "          " << grouped(times) << '\n';
  for (const auto result : lost_outcomes) {
    const std::string name(to_string(result));
    out << "  " << name << std::string(13 - name.size(), ' ') << grouped(report.count(result)) << '\n';
  }
  print_quantiles(out, "latency    ", report.latency);
  print_quantiles(out, "slip       ", report.slip);
  out << "           latency from when a request was due; percentiles at most 0.8 % too high\n"
      << "bodies     " << grouped(report.body_bytes) << " bytes\n";
  if (!report.first_error().empty()) out << "first loss " << report.first_error() << '\n';
  if (!report.held_rate()) out << "NOT HELD   the asked rate was not held: " << why_not_held(report) << '\n';
  out << to_string(report.verdict()) << '\n';
}

std::string progress_line(const load_report& report) {
  return grouped(report.sent()) + " sent, " + grouped(report.failed()) + " failed, p50 " +
         decimals(milliseconds(report.latency.quantile(0.5)), 1) + " ms, p99 " +
         decimals(milliseconds(report.latency.quantile(0.99)), 1) + " ms";
}

void load_body_from_file(std::string& body) {
  constexpr std::size_t limit = 64u << 20;
  if (!body.starts_with('@')) return;
  const auto path = body.substr(1);
  std::ifstream file(path, std::ios::binary);
  std::string content(limit + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad())
    throw usage_error("--data: cannot read '" + path + "'; expected @FILE or the body itself");
  content.resize(static_cast<std::size_t>(file.gcount()));
  content.shrink_to_fit();
  if (content.size() > limit) throw usage_error("--data: '" + path + "' is larger than 64 MiB");
  body = std::move(content);
}

}  // namespace canaryctl
