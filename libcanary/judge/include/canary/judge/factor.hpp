// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batch.hpp>
#include <canary/judge/options.hpp>

namespace canary::judge {

/// One metric of one batch.
struct pair {
  tally stable;
  tally canary;

  [[nodiscard]] double events() const { return double(stable.events) + double(canary.events); }
  /// Says something about the ratio: both tracks had requests, and there was an event.
  [[nodiscard]] bool informative() const { return stable.total && canary.total && (stable.events || canary.events); }
};

/// Which of the two null hypotheses is bet against.
enum class null_is {
  at_most,   ///< canary's rate is at most ratio times stable's (rollback)
  at_least,  ///< canary's rate is at least ratio times stable's (promotion)
};

/// The canary's share of the events when its rate is `ratio` times stable's, both being small: a t / (a t + b) for
/// requests a and b.
[[nodiscard]] double event_share(double canary_total, double stable_total, double ratio);

/// The bound q with E[(Y - q) 1{events > 0}] <= 0 (at_most) or >= 0 (at_least) for *every* pair of rates in the null
/// hypothesis, Y being the canary's share of the events. That is `event_share` for at_most with ratio <= 1 and
/// for at_least with ratio >= 1. On the other sides a request can err only once, which pushes Y outwards: with n
/// requests in all, a ratio t > 1 is replaced by t (n - 1) / (n - t), its mirror image for t < 1, and where n <= t
/// there is no bound short of 1 (or 0). docs/JUDGE.md has the proof.
[[nodiscard]] double null_share(double canary_total, double stable_total, double ratio, null_is side);

/// The betting factor: linear in Y, its ends chosen so that one event alone is weighed as the likelihood ratio of
/// `alternative` to `null`. 1 for a batch that is not informative, or whose alternative is not beyond the null.
/// \returns a number in [0, 1 / null share of the side that is bet on]; its expectation under the null is at most 1.
[[nodiscard]] double betting_factor(const pair& p, double null_ratio, double alternative, null_is side);

/// The likelihood ratio of `alternative` to `null_ratio` when, given the number K of events, the canary's part is
/// Binomial(K, event share), raised to 1 / max_burst. Never inf or NaN: cut at 1e-250 and 1e250.
/// Its expectation under the null is at most 1 for independent requests at any rate, small or not: the product form
/// (1 + p (a - 1))^n is at most exp(n p (a - 1)), and the exponents of the two tracks cancel.
[[nodiscard]] double binomial_factor(const pair& p, double null_ratio, double alternative, double max_burst);

/// One of the two, by assumption.
[[nodiscard]] double ratio_factor(const pair& p, double null_ratio, double alternative, null_is side, assumption a,
                                  double max_burst);

/// The likelihood ratio of rate q to rate `allowed` (q < allowed) for the canary's own events, raised to 1 / max_burst.
/// Expectation at most 1 when its rate is at least `allowed`.
[[nodiscard]] double allowed_factor(tally canary, double allowed, double q, double max_burst);

}  // namespace canary::judge
