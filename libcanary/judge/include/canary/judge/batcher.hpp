// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batch.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace canary::judge {

enum class track { stable, canary };

/// What a pod runs; in options, what is wanted: an empty member is any.
struct pod_revision {
  std::string version{};
  std::string config{};
};

/// One pod's cumulative counters as they were scraped.
struct pod_sample {
  std::string pod{};  ///< unique over both tracks: namespace/name, or its address
  track side = track::stable;
  pod_revision revision{};
  double start_time = 0;  ///< of its process, seconds since the epoch (process_start_time_seconds); 0: not known
  std::vector<tally> counters{};  ///< since its start, one a metric
};

struct batcher_options {
  std::size_t metrics = 1;           ///< tallies a sample
  std::uint64_t least_requests = 4;  ///< new ones in *each* track before a batch closes; 1 or more
  double warmup = 30;                ///< seconds of a new pod that do not count
  unsigned missed_rounds = 3;        ///< a pod not seen for so many rounds has gone
  double longest_round = 300;        ///< a clock that steps further than this has jumped
  pod_revision stable_revision{};    ///< only pods that run it count
  pod_revision canary_revision{};
};

/// What went by besides batches, since the beginning; for guardrails and own metrics.
struct batcher_counts {
  std::uint64_t rounds = 0;
  std::uint64_t restarts_stable = 0;
  std::uint64_t restarts_canary = 0;
  std::uint64_t vanished_pods = 0;
  std::uint64_t clock_jumps = 0;
  std::uint64_t repeated_samples = 0;  ///< a second one of the same pod in one round
  std::uint64_t other_revision = 0;    ///< samples left out
  std::uint64_t malformed = 0;         ///< samples left out: another number of counters than metrics
};

/// Turns scrapes of cumulative counters into batches. Each round: `add` what answered, then `end_round`.
///
/// A batch closes at the end of a round in which each track has `least_requests` new requests and every known pod has
/// answered, so that both tracks' counts cover the same stretch of time. It never looks at errors: a batch that closed
/// on an error would be evidence in itself.
///
/// Not kept over a restart: a new batcher takes new baselines, and what was counted in between is not judged.
class batcher {
 public:
  /// Precondition: metrics and least_requests are at least 1 (std::invalid_argument).
  explicit batcher(batcher_options o = {});

  void add(const pod_sample& s);
  /// \param now seconds since the epoch by the caller's clock, for this round.
  std::optional<batch> end_round(double now);

  /// Forgets what has not made a batch yet. For who knows when the weights change: a batch that spans the change is
  /// biased where the error rate changes at the same moment. Not needed: docs/JUDGE.md says why.
  void discard();

  [[nodiscard]] const batcher_counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t pods(track t) const;
  [[nodiscard]] double seconds_without_traffic(track t) const { return quiet_[index(t)]; }
  [[nodiscard]] double seconds_without_samples(track t) const { return silent_[index(t)]; }

 private:
  struct pod {
    track side = track::stable;
    double start_time = 0;
    double age = -1;  ///< -1: its first round has not ended
    bool counting = false;
    bool answered = false;
    unsigned missed = 0;
    std::vector<tally> last;
    std::vector<tally> now;
  };
  [[nodiscard]] static std::size_t index(track t) { return t == track::canary ? 1 : 0; }
  void begin_again(pod& p, const pod_sample& s);
  bool advance(pod& p, double step, double now);
  [[nodiscard]] std::optional<batch> close();

  batcher_options options_;
  batcher_counts counts_;
  std::map<std::string, pod, std::less<>> pods_;
  std::vector<tally> open_[2];
  double seconds_ = 0;
  double quiet_[2] = {0, 0};
  double silent_[2] = {0, 0};
  std::optional<double> clock_;
};

}  // namespace canary::judge
