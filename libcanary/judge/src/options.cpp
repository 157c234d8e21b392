// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/options.hpp>

#include "state.hpp"

#include <cmath>
#include <stdexcept>

namespace canary::judge {
namespace {

/// Names are one word of a record, so they hold neither spaces nor control characters.
bool is_name(std::string_view n) {
  if (n.empty() || n.size() > 64) return false;
  for (const char c : n)
    if (c <= ' ' || c == '\x7f') return false;
  return true;
}

}  // namespace

metric_options errors_metric(double objective) { return {"errors", 0, 2, 1 - objective}; }
metric_options slow_metric(std::string name) { return {std::move(name), .25, 2, .01}; }

std::vector<std::string> check(const judge_options& o) {
  std::vector<std::string> wrong;
  const auto need = [&](bool ok, const std::string& name, double value, const char* allowed) {
    if (!ok) wrong.push_back(name + ": " + std::to_string(value) + ", expected " + allowed);
  };
  need(o.alpha > 0 && o.alpha <= .5, "alpha", o.alpha, "above 0, at most 0.5");
  need(o.beta > 0 && o.beta <= .5, "beta", o.beta, "above 0, at most 0.5");
  need(o.max_burst >= 1 && std::isfinite(o.max_burst), "max_burst", o.max_burst, "1 or more");
  need(o.promotion_factor_limit > 1 && std::isfinite(o.promotion_factor_limit), "promotion_factor_limit",
       o.promotion_factor_limit, "above 1");
  need(o.budget_days > 0 && std::isfinite(o.budget_days), "budget_days", o.budget_days, "above 0");
  need(o.confidence >= 0 && o.confidence < 1, "confidence", o.confidence, "at least 0, below 1");
  if (o.metrics.empty()) wrong.emplace_back("metrics: none, expected at least one");
  for (const auto& m : o.metrics) {
    if (!is_name(m.name))
      wrong.push_back("metric '" + m.name + "': expected a name of 1 to 64 characters without spaces");
    need(m.tolerance >= 0 && std::isfinite(m.tolerance), m.name + ".tolerance", m.tolerance, "0 or more");
    need(m.margin > 1 && std::isfinite(m.margin), m.name + ".margin", m.margin, "above 1");
    need(m.allowed >= 0 && m.allowed < 1, m.name + ".allowed", m.allowed, "at least 0, below 1");
  }
  return wrong;
}

std::string to_line(const judge_options& o) {
  state_writer w;
  w.word("judge-options-1");
  for (const double x : {o.alpha, o.beta, o.max_burst, o.promotion_factor_limit, o.budget_days, o.confidence})
    w.real(x);
  w.whole(o.assume == assumption::independent);
  w.whole(o.metrics.size());
  for (const auto& m : o.metrics) {
    w.word(m.name);
    for (const double x : {m.tolerance, m.margin, m.allowed}) w.real(x);
  }
  return w.take();
}

std::optional<judge_options> parse_options(std::string_view line, std::string& error) {
  try {
    judge_options o;
    state_reader r(line);
    r.exactly("judge-options-1");
    for (double* x : {&o.alpha, &o.beta, &o.max_burst, &o.promotion_factor_limit, &o.budget_days, &o.confidence})
      *x = r.real();
    const auto assume = r.whole();
    if (assume > 1) throw std::invalid_argument("the assumption is " + std::to_string(assume) + ", expected 0 or 1");
    o.assume = assume ? assumption::independent : assumption::any_within_batch;
    const auto metrics = r.whole();
    if (metrics > 64) throw std::invalid_argument(std::to_string(metrics) + " metrics, expected at most 64");
    o.metrics.clear();
    for (std::uint64_t i = 0; i != metrics; ++i) {
      metric_options m;
      m.name = r.word("a metric's name");
      for (double* x : {&m.tolerance, &m.margin, &m.allowed}) *x = r.real();
      o.metrics.push_back(std::move(m));
    }
    r.end();
    if (const auto wrong = check(o); !wrong.empty()) throw std::invalid_argument(wrong.front());
    return o;
  } catch (const std::invalid_argument& e) {
    error = std::string("options: ") + e.what();
    return std::nullopt;
  }
}

}  // namespace canary::judge
