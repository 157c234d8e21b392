// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/batcher.hpp>

#include <optional>
#include <string>
#include <vector>

namespace canaryctl::judge {

/// What one look at both tracks found. A pod that did not answer, or that has nothing newer than at the last round, is
/// not in it.
struct round {
  double now = 0;                               ///< seconds since the epoch, by one clock for all rounds of a source
  bool reached = false;                         ///< somebody answered
  bool ended = true;                            ///< false: the other pods' values are still awaited; nothing is in it
  std::vector<canary::judge::pod_sample> pods;  ///< a tally a measure
  std::vector<canary::judge::pod_sample> gateway;  ///< one tally, of each gateway's view of each track
  std::optional<unsigned> ready_canaries;          ///< endpoints; nothing where the source cannot know
  std::string differing_bounds;                    ///< histogram whose bounds are not the same in both tracks
  std::vector<std::string> problems;               ///< what could not be had, in words that name it
};

/// Where counts come from.
class source {
 public:
  virtual ~source() = default;
  /// Blocking, within the source's own time limits. Never throws for what the network does.
  virtual round next() = 0;
  /// In one line, for people.
  virtual std::string describe() const = 0;
};

}  // namespace canaryctl::judge
