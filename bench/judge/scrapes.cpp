// SPDX-License-Identifier: BSL-1.0
// How soon a canary that is plainly bad is found, by how often the pods are scraped.
#include "report.hpp"
#include "stream.hpp"

#include <canary/judge/judge.hpp>

namespace bench {
namespace {

using namespace canary::judge;

struct form {
  const char* name;
  assumption assume;
  bool slow;  ///< whether slow requests are judged beside errors
};

/// Canary requests until the rollback.
double spent(const stream_options& o, const form& f, std::uint64_t seed) {
  stream from(o, seed);
  judge_options options;
  if (f.slow) options.metrics.push_back(slow_metric("slow"));
  options.assume = f.assume;
  options.confidence = 0;
  canary::judge::judge j(options);
  double requests = 0;
  while (j.decided() != decision::rollback && requests < 1e5) {
    const pair p = from.next();
    requests += double(p.canary.total);
    batch b{{p.stable}, {p.canary}, 0};
    if (f.slow) {
      b.stable.push_back({p.stable.total, 0});
      b.canary.push_back({p.canary.total, 0});
    }
    j.observe(b);
  }
  return requests;
}

}  // namespace

void scrapes(report& r) {
  const int runs = r.runs(2000);
  r.add("## How often to scrape");
  r.add(
      "Stable has no errors, the canary fails 5 % of its requests. Alpha 5 %, split 80:20, " + number(runs) +
      " rollouts a row. `canaryctl judge` looks at errors and at slow requests (none here); `--slow-bound none` leaves "
      "the errors alone, whose evidence then need not stand for two.");
  constexpr form forms[]{{"default", assumption::any_within_batch, true},
                         {"`--slow-bound none`", assumption::any_within_batch, false},
                         {"`--assume independent`", assumption::independent, true},
                         {"`--assume independent --slow-bound none`", assumption::independent, false}};
  struct pace {
    const char* name;
    double round;
  };
  constexpr pace paces[]{{"10/s, every second", 10},
                         {"300/s, every second", 300},
                         {"300/s, every 250 ms", 75},
                         {"300/s, every 100 ms", 30}};
  std::vector<std::vector<std::string>> rows;
  std::uint64_t seed = 900;
  for (const auto& p : paces)
    for (const auto& f : forms) {
      stream_options o;
      o.rate = 0;
      o.extra_canary_rate = .05;
      o.round = p.round;
      const auto needed = repeat(runs, ++seed, [&](std::uint64_t s) { return spent(o, f, s); });
      rows.push_back({p.name, f.name, number(mean(needed)), number(quantile(needed, .5)), number(quantile(needed, .9)),
                      percent(share_of(needed, [](double x) { return x <= 100; }))});
    }
  r.table({"traffic, scrapes", "judge", "canary requests: mean", "median", "90 %", "at most 100"}, rows);
  r.add(
      "One scrape a second brings 60 canary requests at 300/s, and they are one batch. Where all errors of a batch may "
      "have one cause, a canary with a fifth of the traffic gets all errors of one batch in 20 % of the rollouts and "
      "those of two batches in 4 %: after one batch no test can keep alpha at 5 %, and after two only one that looks "
      "at "
      "nothing but errors and expects the canary to be bad from the first batch on. So much traffic calls for more "
      "scrapes, or for the independent form where errors are known to be independent: there, three errors in the first "
      "60 requests are enough.");
}

}  // namespace bench
