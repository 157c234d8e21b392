// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"
#include "stream.hpp"
#include "svg.hpp"

#include <canary/judge/process.hpp>

namespace bench {
namespace {

using namespace canary::judge;

/// How the evidence grows in single rollouts.
std::string growing() {
  chart c{"Evidence in four rollouts (80:20, 0.1 % errors in stable)",
          "canary requests",
          "e-value against the canary",
          false,
          true,
          {}};
  const auto line = [&](const char* name, double ratio, std::uint64_t good_for, std::uint64_t seed) {
    stream_options o;
    o.ratio = ratio;
    o.good_for = good_for;
    stream from(o, seed);
    rollback_process e(0, assumption::any_within_batch, 1);
    series s{name, {{0, 1}}};
    double requests = 0;
    for (int i = 0; i != 900; ++i) {
      const pair p = from.next();
      requests += double(p.canary.total);
      e.observe(p);
      if (i % 4 == 0 || e.value() >= 20) s.points.emplace_back(requests, e.value());
      if (e.value() >= 20) break;
    }
    c.lines.push_back(s);
  };
  line("as good as stable", 1, 0, 1);
  line("3 times worse", 3, 0, 2);
  line("10 times worse", 10, 0, 3);
  line("10 times, after 400 batches", 10, 400, 4);
  c.lines.push_back({"rolled back (1/alpha)", {{0, 20}, {4000, 20}}, true});
  return draw(c);
}

}  // namespace

void method(report& r) {
  r.add("# The judge: what it promises, and what it does");
  r.add(
      "This page is written by `make judge-report`, which simulates rollouts with fixed seeds through the library's "
      "own code (`bench/judge`). No number in it is typed by hand.");
  r.add(
      "libcanary-judge decides from counts: requests and errors (or slow requests) of both tracks, batch by batch. It "
      "promotes, rolls back or waits. It may be asked after every "
      "batch, and its two chances of being wrong, `alpha` (a canary no worse than stable is rolled back) and `beta` (a "
      "canary that is bad in one metric is promoted), hold over "
      "all looks of a rollout together.");
  r.add("## Method");
  r.add(
      "**Batches** close when each track has four new requests and every pod has answered the scrape; never by looking "
      "at errors. Let a batch have a canary requests and b stable ones, and let "
      "Y be the canary's share of its errors.");
  r.add(
      "**A change of weights** while judging needs no notice: the share is that of each batch. Only the batch that "
      "spans the change has two shares, and it is biased only where the error rate changes at the same moment; at most "
      "by the ratio of the two shares, once a change. The unit tests simulate an outage that begins, or ends, with "
      "every step from 5 % over 10 and 20 to 50 %: false rollbacks and false promotions stay below alpha and beta.");
  r.add(
      "**Evidence** is an e-process: it starts at 1, its expectation stays at most 1 if the null hypothesis holds, and "
      "so the chance that it *ever* reaches 1/alpha is at most alpha (Ville's inequality).");
  r.add(
      "**Default form, a bet on Y.** The factor of a batch is y q1/q0 + (1 - y) (1 - q1)/(1 - q0): linear in Y, and "
      "for a single error the likelihood ratio of an error "
      "rate t times as high to one that is equal (q1 = at/(at + b), q0 = a/(a + b)). A batch without errors has factor "
      "1. It needs only E[Y] <= q0, so it stands any dependence "
      "inside a batch. For equal rates the expectation is exactly 1 whatever the rate is.");
  r.add(
      "**A tolerance or a margin t other than 1.** Write E[Y; errors > 0] as a p_c E[1/(1 + X' + Z)], and the same for "
      "stable's share, with one request taken out; at p_c = t p_s the two differ "
      "only by one Bernoulli variable in the denominator. For t >= 1 that gives E[Y - q(t); errors > 0] >= 0, which is "
      "what promotion needs, at any rate. For a rollback with "
      "tolerance the inequality points the wrong way (a request errs only once, so at high rates the canary's share is "
      "larger than at(at + b)^-1); replacing t by t (n - 1)/(n - t), n = a + b, restores it: the sum W in the "
      "denominator "
      "is larger in likelihood-ratio order than a binomial of n - 2 trials at p_s, for which p_s E[1/((1+W)(2+W))] / "
      "E[1/(1+W)] <= 1/n. The unit tests enumerate all outcomes of small batches and "
      "check both, and check that the test fails for a wrong share.");
  r.add(
      "**Independent form, by option.** Likelihood ratios of Binomial(K, q1) to Binomial(K, q0), K being the batch's "
      "errors. Given both tracks' requests (not K) the expectation is "
      "(1 + p_c(q1/q0 - 1))^a (1 + p_s((1-q1)/(1-q0) - 1))^b, at most exp of the sum of the exponents, which cancel at "
      "p_c = t p_s: so at most 1 for every t and every rate, margins included. "
      "Raised to 1/`max_burst` it stays valid when errors come in independent clusters of at most that size (Jensen).");
  r.add(
      "**Unknown ratio, unknown start.** The factors of eight ratios from 1.25 to 100 are mixed. Every batch *that has "
      "an error* starts a test of its own with weight w_k, sum 1: half for the first, "
      "then 0.5 (1/log2(k+1) - 1/log2(k+2)). Batches without errors change nothing, so time is counted in errors, and "
      "a long good past costs little.");
  r.add(
      "**Rollback**: the mean of the metrics' processes reaches 1/alpha. **Promotion**: every metric's own process "
      "reaches 1/beta (the smallest: its null hypothesis is a union). For errors the null "
      "is a rate of at least max(margin x stable's, what the objective allows): the mean of a process against the "
      "first and one against the second. Promotion is not mixed over start times: a bad past counts. "
      "No batch multiplies it by more than 2. A batch that has more than 1 + `max_burst` + 4 times the usual number of "
      "errors is left "
      "out: for the ratio by the errors of both tracks together (given more errors, "
      "E[Y] only falls under the null, so leaving out the many keeps the expectation at most 1), for the objective by "
      "stable's alone, which say nothing about the canary.");
  r.add(
      "**Budget gate**: what would be promoted is not if its error rate, projected over 30 days at full traffic, "
      "overdraws the budget *and* it is worse than stable by more than a standard error. "
      "**Guardrails** (no traffic, no ready endpoint, crash loop, metrics missing, bounds differ) come first and have "
      "their own verdicts.");
  r.picture("evidence", "Evidence against the canary growing in four rollouts", growing());
}

}  // namespace bench
