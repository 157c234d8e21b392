// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/judge/engine.hpp"
#include "canaryctl/judge/source.hpp"

#include <canary/judge/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace canaryctl::judge {

struct session_options {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);   ///< between the beginnings of two rounds
  std::chrono::nanoseconds deadline = std::chrono::minutes(30);  ///< from the rollout's first round, restarts included
  std::string rollout;                                           ///< name; a state file of another one is begun anew
  std::string state;   ///< file to go on from and to keep the evidence in; empty: none
  std::string record;  ///< file for what a replay needs; empty: none
};

struct session_end {
  canary::judge::verdict verdict;
  bool reached = true;   ///< false: nobody ever answered
  bool stopped = false;  ///< before a verdict, by the caller
  std::string problem;   ///< the last thing that could not be had
};

/// The judging of one rollout from its first round to its verdict. Blocking; one thread.
class session {
 public:
  /// Waits for at most so long. \returns true when the session shall end.
  using waiter = std::function<bool(std::chrono::nanoseconds)>;
  /// After every round that ended; `closed`: a batch closed in it.
  using observer = std::function<void(const engine&, const round&, bool closed)>;

  /// Reads the state file, if there is one. \throws std::runtime_error naming the file and what is wrong with it: it is
  /// damaged, was written under other options, or cannot be written.
  session(engine_options e, session_options s, std::unique_ptr<source> from);
  ~session();

  session_end run(const waiter& wait, const observer& seen);

  const engine& judged() const { return engine_; }
  bool goes_on() const { return goes_on_; }  ///< with the evidence of a state file
  /// What could not be had, over all rounds.
  std::uint64_t problems() const { return problems_; }
  std::string describe() const { return source_->describe(); }

 private:
  void keep_state() const;

  engine engine_;
  session_options options_;
  std::unique_ptr<source> source_;
  std::unique_ptr<class record_writer> record_;
  double began_ = 0;  ///< seconds since the epoch
  std::uint64_t problems_ = 0;
  bool goes_on_ = false;
};

}  // namespace canaryctl::judge
