// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/split_report.hpp"

#include "canaryctl/cli/output.hpp"

#include <boost/json/array.hpp>

#include <ostream>
#include <utility>

namespace canaryctl {
namespace json = boost::json;

namespace {

std::string percent(double share) { return decimals(100 * share, 1) + " %"; }

std::string shown(const interval& bounds) {
  return "[" + decimals(100 * bounds.lower, 1) + " %, " + decimals(100 * bounds.upper, 1) + " %]";
}

json::array pair_of(const interval& bounds) { return {bounds.lower, bounds.upper}; }

json::object to_json(const detectable& bounds) {
  json::object out;
  out["below"] = bounds.below < 0 ? json::value(nullptr) : json::value(bounds.below);
  out["above"] = bounds.above < 0 ? json::value(nullptr) : json::value(bounds.above);
  return out;
}

std::string shown(const detectable& bounds) {
  if (bounds.below < 0 && bounds.above < 0) return "never";
  std::string text;
  if (bounds.below >= 0) text = "at or below " + percent(bounds.below);
  if (bounds.above >= 0) text += (text.empty() ? "" : " or ") + ("at or above " + percent(bounds.above));
  return text;
}

}  // namespace

split_report::split_report(std::map<std::string, double> shares, std::uint64_t draws, double sure)
    : expected(std::move(shares)), n(draws), confidence(sure) {}

double split_report::each_confidence() const { return 1 - (1 - confidence) / static_cast<double>(expected.size()); }

void split_report::add(const exchange_result& draw) {
  connected_ = connected_ || draw.connected;
  if (draw.result != outcome::answered) {
    ++lost[std::string(to_string(draw.result))];
    if (first_error_.empty()) first_error_ = draw.error;
    return;
  }
  const auto version = draw.response.status < 400 ? version_of(draw.response) : std::string();
  if (version.empty()) {
    ++lost[draw.response.status < 400 ? "no version" : "status " + std::to_string(draw.response.status)];
    return;
  }
  ++seen[version];
  ++counted_;
}

std::uint64_t split_report::of(const std::string& version) const {
  const auto found = seen.find(version);
  return found == seen.end() ? 0 : found->second;
}

bool split_report::can_fail() const {
  for (const auto& [version, share] : expected) {
    if (accepted_counts(share, n, each_confidence()).can_fail) return true;
  }
  return false;
}

bool split_report::as_expected(const std::string& version) const {
  return clopper_pearson(of(version), counted_, each_confidence()).contains(expected.at(version));
}

exit_code split_report::verdict() const {
  if (!connected_) return exit_code::unreachable;
  if (!lost.empty()) return exit_code::fail;
  for (const auto& [version, count] : seen) {
    if (!expected.contains(version)) return exit_code::fail;
  }
  for (const auto& [version, share] : expected) {
    if (!as_expected(version)) return exit_code::fail;
  }
  return can_fail() ? exit_code::pass : exit_code::inconclusive;
}

json::object to_json(const split_report& report, const http_target& target) {
  json::object out;
  out["target"] = target.text;
  out["n"] = report.n;
  out["counted"] = report.counted();
  out["confidence"] = report.confidence;
  out["confidence_each"] = report.each_confidence();
  out["can_fail"] = report.can_fail();
  json::array versions;
  for (const auto& [version, share] : report.expected) {
    const auto count = report.of(version);
    json::object one;
    one["version"] = version;
    one["expected"] = share;
    one["observed"] = count;
    one["share"] = report.counted() == 0
                       ? json::value(nullptr)
                       : json::value(static_cast<double>(count) / static_cast<double>(report.counted()));
    one["interval_95"] = pair_of(clopper_pearson(count, report.counted(), 0.95));
    one["interval_test"] = pair_of(clopper_pearson(count, report.counted(), report.each_confidence()));
    one["pass"] = report.as_expected(version);
    one["detectable"] =
        json::object{{"half", to_json(detectable_shares(share, report.n, report.each_confidence(), 0.5))},
                     {"nine_in_ten", to_json(detectable_shares(share, report.n, report.each_confidence(), 0.9))}};
    versions.push_back(std::move(one));
  }
  out["versions"] = std::move(versions);
  json::object unexpected;
  for (const auto& [version, count] : report.seen) {
    if (!report.expected.contains(version)) unexpected[version] = count;
  }
  out["unexpected"] = std::move(unexpected);
  json::object lost;
  for (const auto& [reason, count] : report.lost) lost[reason] = count;
  out["lost"] = std::move(lost);
  add_verdict(out, report.verdict());
  return out;
}

void print_plan(std::ostream& out, const split_report& report) {
  out << "With " << grouped(report.n) << " requests this test would notice, if the true share were\n";
  for (const auto& [version, share] : report.expected) {
    const auto half = detectable_shares(share, report.n, report.each_confidence(), 0.5);
    const auto most = detectable_shares(share, report.n, report.each_confidence(), 0.9);
    out << "  " << version << " (expected " << percent(share) << "): " << shown(half) << " one time in two, "
        << shown(most) << " nine times in ten\n";
  }
  out << std::flush;
}

void print_result(std::ostream& out, const split_report& report) {
  for (const auto& [version, share] : report.expected) {
    const auto count = report.of(version);
    if (report.counted() == 0) break;
    out << (report.as_expected(version) ? "pass  " : "FAIL  ") << version << ": " << grouped(count) << " of "
        << grouped(report.counted());
    out << " = " << percent(static_cast<double>(count) / static_cast<double>(report.counted())) << ", 95 % interval "
        << shown(clopper_pearson(count, report.counted(), 0.95)) << "; expected " << percent(share)
        << ", tested against " << shown(clopper_pearson(count, report.counted(), report.each_confidence())) << '\n';
  }
  for (const auto& [version, count] : report.seen) {
    if (!report.expected.contains(version)) {
      out << "FAIL  " << version << ": " << grouped(count) << " answers of a version that was not expected\n";
    }
  }
  for (const auto& [reason, count] : report.lost) {
    out << "FAIL  " << grouped(count) << " requests gave no version: " << reason << '\n';
  }
  if (report.verdict() == exit_code::inconclusive) {
    out << "With so few requests no split could have failed: ask for more (-n).\n";
  }
  out << to_string(report.verdict()) << '\n';
}

}  // namespace canaryctl
