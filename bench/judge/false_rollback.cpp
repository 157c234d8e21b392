// SPDX-License-Identifier: BSL-1.0
// How often a canary no worse than stable is rolled back, over 2,000 looks.
#include "report.hpp"
#include "stream.hpp"

#include <canary/judge/process.hpp>

#include <array>
#include <cmath>

namespace bench {
namespace {

using namespace canary::judge;

constexpr int looks = 2000;
constexpr std::array alphas{.10, .05, .01};

struct most {
  double betting = 1;
  double independent = 1;
};

std::vector<most> simulate(const stream_options& o, int runs, std::uint64_t seed, double tolerance = 0,
                           double max_burst = 1) {
  return repeat(runs, seed, [&](std::uint64_t s) {
    stream from(o, s);
    rollback_process betting(tolerance, assumption::any_within_batch, 1);
    rollback_process independent(tolerance, assumption::independent, max_burst);
    most m;
    for (int i = 0; i != looks; ++i) {
      const pair p = from.next();
      if (!p.informative()) continue;
      betting.observe(p);
      independent.observe(p);
      m.betting = std::max(m.betting, betting.value());
      m.independent = std::max(m.independent, independent.value());
    }
    return m;
  });
}

/// Marked when it is above alpha by more than three standard errors.
std::string cell(double rate, double alpha, int runs) {
  const bool above = rate > alpha + 3 * std::sqrt(alpha * (1 - alpha) / runs);
  return above ? "**" + percent(rate) + "**" : percent(rate);
}

std::vector<std::string> cells(const std::vector<most>& runs, double& worst) {
  std::vector<std::string> row;
  for (const double a : alphas) {
    const double rate = share_of(runs, [&](const most& m) { return m.betting >= 1 / a; });
    if (a == .05) worst = std::max(worst, rate);
    row.push_back(cell(rate, a, int(runs.size())));
  }
  for (const double a : alphas)
    row.push_back(cell(share_of(runs, [&](const most& m) { return m.independent >= 1 / a; }), a, int(runs.size())));
  return row;
}

void join(std::vector<std::string>& row, const std::vector<std::string>& more) {
  row.insert(row.end(), more.begin(), more.end());
}

const std::vector<std::string> columns{"default, 10 %", "5 %", "1 %", "independent, 10 %", "5 %", "1 %"};

}  // namespace

void false_rollback(report& r) {
  struct scenario {
    const char* name;
    const char* what;
    void (*set)(stream_options&);
  };
  const std::array<scenario, 6> scenarios{{
      {"Independent errors", "", [](stream_options&) {}},
      {"Bursts, 1 batch in 20", "Three more errors at once, on the pod that serves a randomly chosen request.",
       [](stream_options& o) { o.burst = 1. / 20; }},
      {"Bursts, 1 batch in 100", "", [](stream_options& o) { o.burst = 1. / 100; }},
      {"Shared outages",
       "With a chance of 1 in 200 a batch begins an outage of ten batches in which 30 % of all requests fail, on both "
       "tracks.",
       [](stream_options& o) { o.outage = 1. / 200; }},
      {"Diurnal traffic", "Traffic swings by 80 % either way, errors with its square.",
       [](stream_options& o) { o.diurnal = .8; }},
      {"Unequal pods", "Each pod's traffic differs by up to 50 % either way, for good; so does the split.",
       [](stream_options& o) { o.pod_traffic = .5; }},
  }};
  struct split {
    const char* name;
    double share;
    double round;
    int stable;
    int canary;
  };
  const std::array<split, 4> splits{
      {{"50:50", .5, 20, 4, 4}, {"80:20", .2, 20, 4, 1}, {"95:5", .05, 20, 19, 1}, {"99:1", .01, 100, 99, 1}}};
  const int runs = r.runs(2000);

  r.add("## False rollbacks");
  r.add("The canary is exactly as good as stable. " + number(runs) + " simulated rollouts a row, " + number(looks) +
        " looks each; the table has the share of them that was rolled back at any look, by alpha. 20 requests between "
        "two scrapes "
        "(100 at 99:1). A number in **bold** is above alpha by more than three standard errors.");
  std::uint64_t seed = 1;
  std::string summary;
  for (const auto& s : scenarios) {
    r.add(std::string("### ") + s.name);
    if (*s.what) r.add(s.what);
    std::vector<std::vector<std::string>> rows;
    double worst = 0;
    for (const auto& split : splits)
      for (const double rate : {.0001, .001, .01}) {
        stream_options o;
        o.share = split.share;
        o.round = split.round;
        o.stable_pods = split.stable;
        o.canary_pods = split.canary;
        o.rate = rate;
        s.set(o);
        std::vector<std::string> row{std::string(split.name) + ", " + percent(rate, 2) + " errors"};
        join(row, cells(simulate(o, runs, ++seed), worst));
        rows.push_back(row);
      }
    std::vector<std::string> head{"split, errors"};
    join(head, columns);
    r.table(head, rows);
    summary += std::string(summary.empty() ? "" : "; ") + s.name + " " + percent(worst);
  }
  r.add("The worst of the twelve rows at alpha 5 %, default form: " + summary +
        ". The independent form keeps its promise under independence, "
        "shared outages and swings, and breaks it under bursts, which is why it is an option.");

  r.add("The independent form told `max_burst` 3, under bursts of three in 1 batch of 20 (80:20):");
  {
    std::vector<std::vector<std::string>> rows;
    for (const double rate : {.0001, .001, .01}) {
      stream_options o;
      o.burst = 1. / 20;
      o.rate = rate;
      double ignored = 0;
      const auto all = cells(simulate(o, runs, ++seed, 0, 3), ignored);
      rows.push_back({percent(rate, 2) + " errors", all[3], all[4], all[5]});
    }
    r.table({"errors", "alpha 10 %", "5 %", "1 %"}, rows);
  }

  r.add("### Where no judge of counts can keep alpha");
  r.add(
      "Errors that stay on one pod over many batches cannot be told from a bad version when the canary is one pod of "
      "five: "
      "the null hypothesis (each batch hits the canary in proportion to its traffic) is false then. Measured at 80:20 "
      "and 0.1 % errors; a pod "
      "chosen at random falls ill with a chance of 1 in 500 a batch and fails 20 % of its requests for the stated "
      "time; or each pod's "
      "error rate differs from the others', for good, by up to the stated share.");
  std::vector<std::vector<std::string>> rows;
  const auto stuck = [&](const std::string& name, const stream_options& o, double tolerance = 0) {
    double ignored = 0;
    std::vector<std::string> row{name};
    join(row, cells(simulate(o, runs, ++seed, tolerance), ignored));
    rows.push_back(row);
  };
  for (const std::uint64_t length : {1, 3, 10, 50}) {
    stream_options o;
    o.sick = 1. / 500;
    o.sick_length = length;
    stuck("ill for " + std::to_string(length) + (length == 1 ? " batch" : " batches"), o);
  }
  for (const double spread : {.1, .3, .5}) {
    stream_options o;
    o.rate = .01;
    o.pod_errors = spread;
    stuck("1 % errors, pods differ by up to " + percent(spread, 0), o);
    if (spread == .3) stuck("the same with `tolerance` 0.25", o, .25);
  }
  std::vector<std::string> head{"what stays"};
  join(head, columns);
  r.table(head, rows);
  r.add(
      "What helps: more canary pods (an illness of one is then diluted), a `tolerance` above the differences that pods "
      "have, and guardrails for "
      "restarts. A judge that is told to distrust single pods would let a bad one-pod canary through as well.");
}

}  // namespace bench
