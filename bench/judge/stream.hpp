// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "random.hpp"

#include <canary/judge/factor.hpp>

#include <cstdint>

namespace bench {

using canary::judge::pair;
using canary::judge::tally;

/// Traffic of one metric of one rollout. Rates are shares of requests.
struct stream_options {
  double share = .2;             ///< of the canary
  double round = 20;             ///< requests of both tracks between two scrapes
  double rate = .001;            ///< of stable
  double ratio = 1;              ///< canary's rate is this times stable's ...
  double extra_canary_rate = 0;  ///< added to the canary's
  std::uint64_t good_for = 0;    ///< ... after so many batches, in which it is stable's
  double burst = 0;  ///< chance that a batch has a burst of three errors on one pod, hit in proportion to its traffic
  double burst_size = 3;
  std::uint64_t cluster = 1;  ///< all errors come in so many at once, as seldom as keeps their rate
  double outage = 0;          ///< chance that a shared outage begins with a batch
  std::uint64_t outage_length = 10;
  double outage_rate = .3;      ///< added to both tracks
  std::uint64_t outage_at = 0;  ///< or one begins with this batch (0: none)
  double diurnal = 0;           ///< traffic swings by this share over 500 rounds, errors with the square of it
  double pod_errors = 0;        ///< pods' error rates differ by up to this share either way, for good
  double pod_traffic = 0;       ///< the same for their traffic; the canary's share follows
  double sick = 0;              ///< chance that a random pod falls ill with a batch ...
  std::uint64_t sick_length = 20;
  double sick_rate = .2;  ///< ... and errs at this rate
  int stable_pods = 4;
  int canary_pods = 1;
};

/// The batches of one simulated rollout, closed by the judge's rule: four new requests in each track.
class stream {
 public:
  stream(const stream_options& o, std::uint64_t seed);

  pair next();
  /// Events of so many requests at that rate, in clusters.
  static std::uint64_t events(random_source& random, std::uint64_t requests, double rate, std::uint64_t cluster);
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }
  [[nodiscard]] bool in_outage() const { return in_outage_; }
  [[nodiscard]] bool is_bad() const { return batch_ > o_.good_for; }

 private:
  stream_options o_;
  random_source random_;
  double share_;
  double stable_factor_ = 1;
  double canary_factor_ = 1;
  std::uint64_t batch_ = 0;
  std::uint64_t rounds_ = 0;
  bool in_outage_ = false;
  std::uint64_t outage_left_ = 0;
  std::uint64_t sick_left_ = 0;
  bool sick_canary_ = false;
  double sick_share_ = 0;
};

}  // namespace bench
