// SPDX-License-Identifier: BSL-1.0
// What a bad canary costs until it is rolled back, beside the best that any sequential test could do.
#include "opponents.hpp"
#include "report.hpp"
#include "stream.hpp"
#include "svg.hpp"

#include <canary/judge/process.hpp>

#include <array>
#include <cmath>

namespace bench {
namespace {

using namespace canary::judge;

constexpr std::array ratios{1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0};
constexpr double users = 10'000;

/// Distinct users among so many requests, when each comes from a random one of 10,000.
double distinct(double requests) { return users * (1 - std::pow(1 - 1 / users, requests)); }

/// The judge in both forms on one rollout, and the likelihood ratio of a test that is told the ratio.
struct contest {
  contest(const stream_options& o, std::uint64_t seed) : from(o, seed), ratio(o.ratio) {}

  pair next() {
    const pair p = from.next();
    betting.observe(p);
    independent.observe(p);
    told += std::log(binomial_factor(p, 1, ratio, 1));
    return p;
  }

  stream from;
  double ratio;
  rollback_process betting{0, assumption::any_within_batch, 1};
  rollback_process independent{0, assumption::independent, 1};
  double told = 0;
};

/// Keeps the number of requests at which something was so for the first time.
void note(double& when, double requests, bool now) {
  if (when == 0 && now) when = requests;
}

struct spent {
  double betting = 0, independent = 0, limit = 0, limit_independent = 0;
};

}  // namespace

void exposure(report& r) {
  const int runs = r.runs(600);
  r.add("## Exposure: canary requests until a bad canary is rolled back");
  r.add(
      "The limit beside it is Wald's two-sample sequential probability ratio test, which is *told the ratio* (but not "
      "stable's rate) and assumes independence: no test with its "
      "rate of error needs fewer requests on average. The judge knows neither. For each row and each form of the judge "
      "the limit is tuned to the same realised "
      "false-rollback rate, measured over as many looks as hold 500 errors (at least 2,000) with " +
      number(r.runs(2000)) + " good canaries. Alpha 5 %, split 80:20, " + number(runs) +
      " rollouts a row. Users: distinct ones among 10,000 who each make requests at random.");
  chart c{"Mean canary requests until rollback, 0.1 % errors in stable, 10 requests/s",
          "canary's error rate by stable's",
          "canary requests",
          true,
          true,
          {}};
  std::uint64_t seed = 100;
  double worst_independent = 0;
  double worst_default = 0;
  int within = 0;
  int all = 0;
  for (const double rate : {.001, .01})
    for (const double round : {20.0, 300.0}) {
      stream_options o;
      o.rate = rate;
      o.round = round;
      const int looks = std::max(2000, int(500 / (rate * round)));
      struct nulls {
        double betting = 1, independent = 1;
        std::array<double, ratios.size()> limit{};
      };
      const auto good = repeat(r.runs(2000), ++seed, [&](std::uint64_t s) {
        stream from(o, s);
        rollback_process betting(0, assumption::any_within_batch, 1);
        rollback_process independent(0, assumption::independent, 1);
        std::array<double, ratios.size()> at{};
        nulls n;
        for (int i = 0; i != looks; ++i) {
          const pair p = from.next();
          if (!p.informative()) continue;
          betting.observe(p);
          independent.observe(p);
          n.betting = std::max(n.betting, betting.value());
          n.independent = std::max(n.independent, independent.value());
          for (std::size_t k = 0; k != ratios.size(); ++k) {
            at[k] += std::log(binomial_factor(p, 1, ratios[k], 1));
            n.limit[k] = std::max(n.limit[k], at[k]);
          }
        }
        return n;
      });
      const double false_betting = share_of(good, [](const nulls& n) { return n.betting >= 20; });
      const double false_independent = share_of(good, [](const nulls& n) { return n.independent >= 20; });

      series betting_line{"default", {}}, independent_line{"independent", {}},
          limit_line{"limit (told the ratio)", {}, true};
      std::vector<std::vector<std::string>> rows;
      for (std::size_t k = 0; k != ratios.size(); ++k) {
        if (rate * ratios[k] > 1) continue;
        std::vector<double> m;
        for (const auto& n : good) m.push_back(n.limit[k]);
        const double tuned = quantile(m, 1 - false_betting);
        const double tuned_independent = quantile(m, 1 - false_independent);
        o.ratio = ratios[k];
        const auto bad = repeat(runs, ++seed, [&](std::uint64_t s) {
          contest on(o, s);
          double requests = 0;
          spent x;
          while (!(x.betting > 0 && x.independent > 0 && x.limit > 0 && x.limit_independent > 0) && requests < 1e6) {
            requests += double(on.next().canary.total);
            note(x.betting, requests, on.betting.value() >= 20);
            note(x.independent, requests, on.independent.value() >= 20);
            note(x.limit, requests, on.told > tuned);
            note(x.limit_independent, requests, on.told > tuned_independent);
          }
          return x;
        });
        std::vector<double> b, i, l, li;
        for (const auto& x : bad) {
          b.push_back(x.betting);
          i.push_back(x.independent);
          l.push_back(x.limit);
          li.push_back(x.limit_independent);
        }
        worst_default = std::max(worst_default, mean(b) / mean(l));
        within += mean(b) <= 1.5 * mean(l);
        ++all;
        worst_independent = std::max(worst_independent, mean(i) / mean(li));
        rows.push_back({number(ratios[k]), number(mean(b)), number(quantile(b, .5)), number(quantile(b, .9)),
                        number(distinct(mean(b))), number(mean(b) * rate * ratios[k]), number(mean(l)),
                        number(mean(b) / mean(l)) + "×", number(mean(i)), number(quantile(i, .5)),
                        number(quantile(i, .9)), number(mean(i) / mean(li)) + "×"});
        betting_line.points.emplace_back(ratios[k], mean(b));
        independent_line.points.emplace_back(ratios[k], mean(i));
        limit_line.points.emplace_back(ratios[k], mean(l));
      }
      r.add("### " + percent(rate, 1) + " errors in stable, " +
            (round < 100 ? "10 requests/s scraped every 2 s" : "300 requests/s scraped every second") + " (about " +
            number(round * .2) + " canary requests a scrape)");
      r.add("Realised false rollbacks over " + number(looks) + " looks: default " + percent(false_betting) +
            ", independent " + percent(false_independent) + ".");
      r.table({"ratio", "default: mean", "median", "90 %", "users", "failed", "limit: mean", "default / limit",
               "independent: mean", "median", "90 %", "independent / limit"},
              rows);
      if (c.lines.empty()) c.lines = {betting_line, independent_line, limit_line};
    }
  r.picture("exposure", "Canary requests until rollback by ratio", draw(c));
  r.add("The independent form costs at most " + number(worst_independent, 3) +
        " times the limit. The default form is within 1.5 times of it in " + std::to_string(within) + " of " +
        std::to_string(all) + " rows, and costs at most " + number(worst_default, 3) +
        " times: about as much as the other while a batch holds about one error, and more with several. That is the "
        "price of robustness: since all errors of a batch may have one cause, a batch counts for no more than "
        "1/share (five at 80:20), so that it takes three batches at least. Scraping more often, or a smaller share for "
        "the canary, lowers that price; `assume independent` with `max_burst` trades it against bursts.");
}

void turning_bad(report& r) {
  const int runs = r.runs(600);
  r.add("## A canary that turns bad late, and one after an outage");
  r.add(
      "The canary is as good as stable for so many batches (20 requests a round, 80:20), then its error rate is ten "
      "times stable's. Counted from the turn; rollouts that "
      "were rolled back before it are left out and stated. The last row of each half has a shared outage (ten batches, "
      "30 % errors on both tracks) just before the turn. "
      "The plain test is the same likelihood ratio without start times, told the ratio: a good past buries what "
      "follows.");
  std::vector<std::vector<std::string>> rows;
  chart c{"Canary requests from turning ten times worse to rollback (0.1 % errors in stable)",
          "good batches before",
          "canary requests, mean",
          false,
          true,
          {}};
  series judge_line{"judge (default)", {}}, independent_line{"judge (independent)", {}},
      plain_line{"no start times, told the ratio", {}, true};
  std::uint64_t seed = 300;
  for (const double rate : {.001, .01})
    for (const int good : {0, 200, 1000, 5000, -200}) {
      stream_options o;
      o.rate = rate;
      o.ratio = 10;
      o.good_for = std::uint64_t(std::abs(good));
      if (good < 0) o.outage_at = o.good_for - 9;
      struct turn {
        double betting = 0, independent = 0, plain = 0;
        bool early = false;
      };
      const auto result = repeat(runs, ++seed, [&](std::uint64_t s) {
        contest on(o, s);
        double requests = 0;
        turn t;
        while (!(t.betting > 0 && t.independent > 0 && t.plain > 0) && requests < 1e6) {
          const pair p = on.next();
          if (!on.from.is_bad()) {
            t.early = t.early || on.betting.value() >= 20;
            continue;
          }
          requests += double(p.canary.total);
          note(t.betting, requests, on.betting.value() >= 20);
          note(t.independent, requests, on.independent.value() >= 20);
          note(t.plain, requests, on.told >= std::log(20));
        }
        if (t.plain == 0) t.plain = requests;
        return t;
      });
      std::vector<double> b, i, p;
      for (const auto& t : result) {
        if (t.early) continue;
        b.push_back(t.betting);
        i.push_back(t.independent);
        p.push_back(t.plain);
      }
      rows.push_back({percent(rate, 1), good < 0 ? "200, then an outage" : number(good),
                      percent(share_of(result, [](const turn& t) { return t.early; })), number(mean(b)),
                      number(quantile(b, .5)), number(quantile(b, .9)), number(mean(i)), number(mean(p))});
      if (rate == .001 && good >= 0) {
        judge_line.points.emplace_back(good, mean(b));
        independent_line.points.emplace_back(good, mean(i));
        plain_line.points.emplace_back(good, mean(p));
      }
    }
  r.table({"errors", "good batches before", "rolled back before", "default: mean", "median", "90 %",
           "independent: mean", "no start times: mean"},
          rows);
  c.lines = {judge_line, independent_line, plain_line};
  r.picture("turning_bad", "Canary requests from the turn to the rollback, by the length of the good past", draw(c));
}

}  // namespace bench
