// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/output.hpp"
#include "canaryctl/report/answers.hpp"

#include <boost/json/value_to.hpp>

#include <cstdint>
#include <string>

namespace canaryctl {
namespace json = boost::json;

namespace {

double number(const json::value& value) { return json::value_to<double>(value); }
std::string count(const json::value& value) { return grouped(json::value_to<std::uint64_t>(value)); }
std::string percent(double share, int digits) { return decimals(100 * share, digits) + " %"; }
std::string text(const json::value& value) { return std::string(value.as_string()); }

std::string listed(const json::value& values) {
  std::string out;
  for (const auto& value : values.as_array()) out.append(out.empty() ? "" : ", ").append(text(value));
  return out;
}

std::string losses(const json::value& load) {
  return count(load.at("failed")) + " of " + count(load.at("requests")) + " requests failed (" +
         percent(number(load.at("failed_share")), 3) + ")";
}

class sentences {
 public:
  explicit sentences(const json::object& answers) : answers_(answers) {}

  json::array all() {
    each("splits", [&](const std::string& router, const json::value& split) {
      for (const auto& [version, one] : split.at("versions").as_object()) {
        const auto& ends = one.at("interval").as_array();
        say("Router " + router + ": " + std::string(version) + " answered " + count(one.at("observed")) + " of " +
            count(split.at("requests")) + " requests, " + percent(number(one.at("share")), 1) + " (95 % interval " +
            percent(number(ends[0]), 1) + " to " + percent(number(ends[1]), 1) + "); " +
            percent(number(one.at("expected_share")), 0) + " were expected.");
      }
    });
    if (const auto* counted = answers_.if_contains("counted")) {
      bool same = true;
      for (const auto& [version, n] : counted->at("client").as_object()) {
        const auto* stored = counted->at("prometheus").as_object().if_contains(version);
        same = same && stored != nullptr && number(*stored) == number(n);
      }
      say(std::string("Prometheus counted ") + (same ? "exactly" : "not") + " what the client counted, by version.");
    }
    each("resources", [&](const std::string& version, const json::value& used) {
      say("The " + count(used.at("pods")) + " pod(s) of " + version + " used " +
          decimals(number(used.at("cpu_cores")), 3) + " cores and " +
          decimals(number(used.at("memory_bytes")) / (1 << 20), 1) + " MiB together.");
    });
    each("releases", [&](const std::string& router, const json::value& release) {
      const auto& load = release.at("load");
      say("Router " + router + ": over upgrade, rollback and promotion " + losses(load) + " at " +
          decimals(number(load.at("rate")), 0) + " requests/s.");
      for (const auto& [phase, took] : release.at("durations_seconds").as_object()) {
        say("Router " + router + ": " + std::string(phase) + " took " + decimals(number(took), 1) + " s.");
      }
    });
    if (const auto* without = answers_.if_contains("without_draining")) {
      say("With draining switched off " + losses(without->at("load")) + ", so the load does see lost requests.");
    }
    if (const auto* budget = answers_.if_contains("error_budget")) {
      say("Of the " + decimals(number(budget->at("allowed")), 0) + " failures that an objective of " +
          decimals(number(budget->at("slo_percent")), 1) + " % allows in " + count(budget->at("requests")) +
          " requests, " + percent(number(budget->at("spent_share")), 1) + " were spent.");
    }
    if (const auto* burning = answers_.if_contains("burning_canary")) {
      say("A canary that failed " + count(burning->at("failed")) + " of all " + count(burning->at("requests")) +
          " requests raised " + listed(burning->at("alerts")) + ".");
    }
    if (const auto* faults = answers_.if_contains("faults")) {
      for (const auto& fault : faults->as_array()) say(of_fault(fault));
    }
    if (const auto* recovery = answers_.if_contains("rollback_on_failure")) {
      say("A failed check sent the release back to its last good revision by itself within " +
          decimals(number(recovery->at("seconds")), 1) + " s.");
    }
    each("controllers", [&](const std::string& driver, const json::value& seen) {
      if (const auto* good = seen.get_object().if_contains("good_phases"))
        say(driver + ": a good canary went " + listed(*good) + ".");
      if (const auto* bad = seen.get_object().if_contains("bad_phases"))
        say(driver + ": a bad canary went " + listed(*bad) + ".");
    });
    each("judge",
         [&](const std::string& step, const json::value& decided) { say(of_judge(step, decided.get_object())); });
    return std::move(said_);
  }

 private:
  void say(const std::string& sentence) { said_.emplace_back(sentence); }

  template <class Function>
  void each(std::string_view key, Function function) {
    const auto* part = answers_.if_contains(key);
    if (part == nullptr) return;
    for (const auto& [name, value] : part->as_object()) function(std::string(name), value);
  }

  static std::string of_fault(const json::value& fault) {
    const auto& load = fault.at("load");
    std::string sentence =
        "Fault " + text(fault.at("fault")) + ", router " + text(fault.at("router")) + ": " + losses(load);
    if (const auto* seconds = load.get_object().if_contains("seconds_without_canary")) {
      sentence += " in " + decimals(number(load.at("seconds")), 0) +
                  " s, of which the canary had no ready endpoint for " + decimals(number(*seconds), 1) + " s";
    }
    return sentence + ".";
  }

  static std::string of_judge(const std::string& step, const json::object& decided) {
    if (const auto* needed = decided.if_contains("median_canary_requests")) {
      return "Judge at " + decimals(number(decided.at("rate")), 0) + " requests/s, " + text(decided.at("options")) +
             ": a canary that fails 5 % was found after " + decimals(number(*needed), 0) +
             " of its requests in the median of " + std::to_string(decided.at("canary_requests").as_array().size()) +
             " runs.";
    }
    std::string sentence = "Judge, " + step + ": " + text(decided.at("reason"));
    if (const auto* failed = decided.if_contains("failed")) {
      sentence += " While helm was at work, " + count(*failed) + " of " + count(decided.at("requests")) +
                  " requests met an error.";
    }
    return sentence;
  }

  const json::object& answers_;
  json::array said_;
};

}  // namespace

json::array observations(const json::object& answers) { return sentences(answers).all(); }

}  // namespace canaryctl
