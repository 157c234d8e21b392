// SPDX-License-Identifier: BSL-1.0
// How often a canary that is bad in exactly one metric is promoted, and how long a good one takes.
#include "report.hpp"
#include "stream.hpp"
#include "svg.hpp"

#include <canary/judge/judge.hpp>

#include <array>
#include <cmath>

namespace bench {
namespace {

using namespace canary::judge;
using canary::judge::judge;

/// Errors and two bounds of slowness; the traffic is that of the errors' stream, the slow requests are drawn beside it.
struct rollout {
  rollout(const stream_options& errors, std::array<double, 2> stable_slow, std::array<double, 2> canary_slow,
          std::uint64_t seed)
      : from(errors, seed),
        random(seed ^ 0x5105u),
        cluster(errors.cluster),
        stable_rates(stable_slow),
        canary_rates(canary_slow) {}

  batch next() {
    const pair p = from.next();
    batch b{{p.stable}, {p.canary}, 0};
    const double outage = from.in_outage() ? .3 : 0;  // what fails in an outage was waited for
    for (std::size_t i = 0; i != 2; ++i) {
      b.stable.push_back({p.stable.total, stream::events(random, p.stable.total, stable_rates[i] + outage, cluster)});
      b.canary.push_back({p.canary.total, stream::events(random, p.canary.total, canary_rates[i] + outage, cluster)});
    }
    return b;
  }

  stream from;
  random_source random;
  std::uint64_t cluster;
  std::array<double, 2> stable_rates;
  std::array<double, 2> canary_rates;
};

judge_options options(double objective = .999) {
  judge_options o;
  o.metrics = {errors_metric(objective), slow_metric("slower_than_250ms"), slow_metric("slower_than_1.5s")};
  o.confidence = 0;
  return o;
}

struct outcome {
  bool promoted = false;  ///< all metrics at 1/beta at one look
  bool fooled = false;    ///< the bad metric alone reached it
  bool rolled_back = false;
  double canary_requests = 0;  ///< until promoted
  double rounds = 0;
};

struct bad_case {
  std::string name;
  std::size_t metric;
  double stable_errors, canary_errors;
  std::array<double, 2> stable_slow, canary_slow;
};

}  // namespace

void false_promotion(report& r) {
  constexpr int looks = 5000;
  const int runs = r.runs(600);
  constexpr std::array<double, 2> quick{.002, .0005};
  const std::array<bad_case, 7> cases{{
      {"errors 0.1 %, stable none (what the objective allows)", 0, 0, .001, quick, quick},
      {"errors 0.1 %, stable 0.01 % (what the objective allows)", 0, .0001, .001, quick, quick},
      {"errors 0.2 %, stable 0.1 % (margin 2)", 0, .001, .002, quick, quick},
      {"errors 2 %, stable 1 % (margin 2)", 0, .01, .02, quick, quick},
      {"slow 1 %, stable 0.2 % (what is allowed)", 1, 0, 0, quick, {.01, .0005}},
      {"slow 10 %, stable 5 % (margin 2)", 1, 0, 0, {.05, .0005}, {.10, .0005}},
      {"very slow 2 %, stable 1 % (margin 2)", 2, 0, 0, {.02, .01}, {.02, .02}},
  }};
  struct weather {
    const char* name;
    std::uint64_t cluster;
    double outage;
    double max_burst;
  };
  const std::array<weather, 4> weathers{
      {{"independent", 1, 0, 1}, {"outages", 1, 1. / 200, 1}, {"threes", 3, 0, 1}, {"threes, told", 3, 0, 3}}};

  r.add("## False promotions");
  r.add(
      "Three metrics (errors, slower than 250 ms, slower than 1.5 s), two of them good, one *exactly* at the edge of "
      "bad. Split 80:20, 20 requests "
      "a round, " +
      number(looks) + " looks, " + number(runs) +
      " rollouts each, beta 5 %. A rollback does not end the run here, so that it cannot hide a promotion that would "
      "come later. Outages: as above, in errors and slow "
      "requests; during one the ratio is 1 and the canary looks like stable. Threes: every event of both tracks comes "
      "three at once, a third as often. In brackets: how often the bad metric's "
      "own evidence reached 1/beta at any "
      "look, which bounds the rest.");
  std::vector<std::vector<std::string>> rows;
  std::uint64_t seed = 7000;
  std::array<double, 4> worst{};
  for (const auto& c : cases) {
    std::vector<std::string> row{c.name};
    for (std::size_t n = 0; n != weathers.size(); ++n) {
      const auto& w = weathers[n];
      stream_options o;
      o.rate = c.stable_errors;
      o.ratio = c.stable_errors > 0 ? c.canary_errors / c.stable_errors : 1;
      o.extra_canary_rate = c.stable_errors > 0 ? 0 : c.canary_errors;
      o.cluster = w.cluster;
      o.outage = w.outage;
      const auto result = repeat(runs, ++seed, [&](std::uint64_t s) {
        rollout from(o, c.stable_slow, c.canary_slow, s);
        std::vector<promotion_process> metrics;
        for (const auto& m : options().metrics) metrics.emplace_back(m, assumption::any_within_batch, w.max_burst, 2);
        outcome out;
        for (int i = 0; i != looks; ++i) {
          const auto b = from.next();
          double least = 1e300;
          for (std::size_t k = 0; k != metrics.size(); ++k) {
            metrics[k].observe({b.stable[k], b.canary[k]});
            least = std::min(least, metrics[k].value());
          }
          out.promoted = out.promoted || least >= 20;
          out.fooled = out.fooled || metrics[c.metric].value() >= 20;
        }
        return out;
      });
      const double fooled = share_of(result, [](const outcome& x) { return x.fooled; });
      worst[n] = std::max(worst[n], fooled);
      row.push_back(percent(share_of(result, [](const outcome& x) { return x.promoted; })) + " (" + percent(fooled) +
                    ")");
    }
    rows.push_back(row);
  }
  r.table({"the one bad metric", "independent", "shared outages", "events come in threes", "in threes, `max_burst` 3"},
          rows);
  r.add("Largest number: independent " + percent(worst[0]) + ", outages " + percent(worst[1]) + ", threes " +
        percent(worst[2]) + ", threes with `max_burst` 3 " + percent(worst[3]) +
        ". The test against what is *allowed* has to take events for independent, or clusters for bounded: three clean "
        "requests in a row say nothing if errors come in threes. "
        "The test against the margin needs no such thing. A team whose errors come in bursts sets `max_burst`, and "
        "pays for it with as many times the requests.");
}

void promotion_time(report& r) {
  const int runs = r.runs(300);
  r.add("## How long a good canary takes");
  r.add(
      "The canary is exactly as good as stable; 0.2 % of both tracks' requests are slower than 250 ms and 0.05 % "
      "slower than 1.5 s. All three metrics have to "
      "be good. Split 80:20, beta and alpha 5 %, at most 200,000 canary requests; " +
      number(runs) + " rollouts a row. Minutes are at the stated rate of both tracks together.");
  std::vector<std::vector<std::string>> rows;
  std::uint64_t seed = 8000;
  for (const double objective : {.999, .99})
    for (const double rate : {0.0, .0001, .001, .01})
      for (const double per_second : {10.0, 300.0}) {
        const double seconds_a_round = per_second < 100 ? 2 : 1;
        stream_options o;
        o.rate = rate;
        o.round = per_second * seconds_a_round;
        constexpr std::array<double, 2> slow{.002, .0005};
        const auto result = repeat(runs, ++seed, [&](std::uint64_t s) {
          rollout from(o, slow, slow, s);
          judge j(options(objective));
          outcome out;
          while (j.decided() == decision::inconclusive && out.canary_requests < 200'000) {
            const auto b = from.next();
            out.canary_requests += double(b.canary[0].total);
            j.observe(b);
          }
          out.rounds = double(from.from.rounds());
          out.promoted = j.decided() == decision::promote;
          out.rolled_back = j.decided() == decision::rollback;
          return out;
        });
        std::vector<double> requests;
        std::vector<double> minutes;
        for (const auto& x : result)
          if (x.promoted) {
            requests.push_back(x.canary_requests);
            minutes.push_back(x.rounds * seconds_a_round / 60);
          }
        rows.push_back({percent(objective, 1), percent(rate, 2), number(per_second) + "/s",
                        percent(share_of(result, [](const outcome& x) { return x.promoted; })),
                        percent(share_of(result, [](const outcome& x) { return x.rolled_back; })),
                        number(quantile(requests, .5)), number(quantile(requests, .9)), number(quantile(minutes, .5)),
                        number(quantile(minutes, .9))});
      }
  r.table({"objective", "errors", "traffic", "promoted", "rolled back", "canary requests, median", "90 %",
           "minutes, median", "90 %"},
          rows);
  r.add(
      "With no errors at all the objective alone decides: no test can be sure of less than 0.1 % at 1 in 40 before "
      "log(40) / 0.001 = 3,689 requests have gone well "
      "(the two tests against the error rate share beta). Where the error rate is just what the objective allows, or "
      "above it, only the comparison with stable can "
      "promote, and it has to tell a ratio of 1 from a ratio of 2 by the errors it sees.");
}

}  // namespace bench
