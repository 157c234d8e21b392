// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/report.hpp"

#include "canaryctl/cli/output.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>

namespace canaryctl::judge {
namespace stat = canary::judge;
namespace json = boost::json;

namespace {

json::object counts(const stat::tally& t) {
  return {{"requests", t.total},
          {"events", t.events},
          {"rate", t.total ? json::value(double(t.events) / double(t.total)) : json::value()}};
}

std::string share(const stat::tally& t) {
  if (t.total == 0) return "no request";
  return grouped(t.events) + " of " + grouped(t.total) + " (" + decimals(100 * double(t.events) / double(t.total), 2) +
         " %)";
}

/// Evidence spans many powers of ten.
std::string number(double evidence) {
  if (evidence >= 1e6) return "over 1,000,000";
  return decimals(evidence, evidence < 100 ? 1 : 0);
}

std::string ratio(const stat::metric_numbers& m) {
  if (!m.ratio) return "ratio unknown";
  return "ratio " + decimals(*m.ratio, 2) + " (" + decimals(m.ratio_low, 2) + " to " +
         (std::isinf(m.ratio_high) ? "?" : decimals(m.ratio_high, 2)) + ")";
}

std::string evidence(const stat::verdict& v) {
  return "evidence to roll back " + number(v.rollback_evidence) + " of " + decimals(v.rollback_at, 0) +
         ", to promote " + number(v.promotion_evidence) + " of " + decimals(v.promotion_at, 0);
}

}  // namespace

exit_code code_of(stat::decision d) {
  switch (d) {
    case stat::decision::promote:
      return exit_code::pass;
    case stat::decision::rollback:
      return exit_code::fail;
    case stat::decision::inconclusive:
      break;
  }
  return exit_code::inconclusive;
}

json::object to_json(const stat::verdict& v) {
  json::array metrics;
  for (const auto& m : v.metrics) {
    metrics.push_back(json::object{{"name", m.name},
                                   {"stable", counts(m.stable)},
                                   {"canary", counts(m.canary)},
                                   {"ratio", m.ratio ? number_or_null(*m.ratio) : json::value()},
                                   {"ratio_low", number_or_null(m.ratio_low)},
                                   {"ratio_high", number_or_null(m.ratio_high)},
                                   {"against", number_or_null(m.against)},
                                   {"in_favour", number_or_null(m.in_favour)}});
  }
  json::object out{{"decision", stat::to_string(v.decided)},
                   {"cause", stat::to_string(v.because)},
                   {"reason", v.reason},
                   {"metrics", std::move(metrics)},
                   {"rollback_evidence", number_or_null(v.rollback_evidence)},
                   {"rollback_at", v.rollback_at},
                   {"promotion_evidence", number_or_null(v.promotion_evidence)},
                   {"promotion_at", v.promotion_at},
                   {"needed", nullptr}};
  if (v.needed) {
    out["needed"] = json::object{{"towards", stat::to_string(v.needed->towards)},
                                 {"canary_requests", number_or_null(v.needed->canary_requests)},
                                 {"minutes", v.needed->minutes ? number_or_null(*v.needed->minutes) : json::value()}};
  }
  return out;
}

std::string bar(double evidence, double full, std::size_t width) {
  const double part = evidence > 1 ? std::log(evidence) / std::log(full) : 0;
  const auto filled =
      static_cast<std::size_t>(std::floor(std::clamp(part, 0.0, 1.0) * static_cast<double>(width) + 1e-9));
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

std::string picture(const stat::verdict& v) {
  constexpr std::size_t width = 40;
  std::string text = "roll back " + bar(v.rollback_evidence, v.rollback_at, width) + " " + number(v.rollback_evidence) +
                     " of " + decimals(v.rollback_at, 0) + "\npromote   " +
                     bar(v.promotion_evidence, v.promotion_at, width) + " " + number(v.promotion_evidence) + " of " +
                     decimals(v.promotion_at, 0);
  for (const auto& m : v.metrics) {
    text += "\n" + m.name + ": canary " + share(m.canary) + ", stable " + share(m.stable) + ", " + ratio(m);
  }
  return text + "\n" + v.reason;
}

std::string one_line(const stat::verdict& v) {
  std::string text = evidence(v);
  if (!v.metrics.empty()) {
    const auto& errors = v.metrics.front();
    text += "; " + errors.name + ": canary " + share(errors.canary) + ", stable " + share(errors.stable);
  }
  return text;
}

}  // namespace canaryctl::judge
