// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/judge/engine.hpp"

#include <canary/judge/verdict.hpp>

#include <fstream>
#include <functional>
#include <istream>
#include <string>

namespace canaryctl::judge {

/// A record is a text of lines: `judge-record-1`, `limits ...`, the judge's options, `batch ...` for each batch, and at
/// the end `conditions ...` and `verdict ...`. A record begun by a judge that went on from a state file has a line
/// `state ...` after the options. Lines that begin with # are comments.
class record_writer {
 public:
  /// \param append goes on with the file if it is a record under the same options.
  /// \throws std::runtime_error naming the file.
  record_writer(const std::string& file, const engine& e, bool append);
  void write(const canary::judge::batch& b);
  void end(const engine& e, const canary::judge::verdict& v);

 private:
  void line(const std::string& text);

  std::string file_;
  std::ofstream out_;
};

struct replay_result {
  canary::judge::verdict verdict;
  std::string recorded;    ///< the verdict's line, "" where the record stops before it
  std::string recomputed;  ///< what it is now
  bool same() const { return recorded.empty() || recorded == recomputed; }
};

/// \param seen called after each batch; may be empty.
/// \throws std::runtime_error naming the line, what is wrong in it and what was expected.
replay_result replay(std::istream& in, const std::function<void(const engine&)>& seen = {});

/// Decision, cause, evidence in hexadecimal, reason: equal only if the verdicts are.
std::string verdict_line(const canary::judge::verdict& v);

}  // namespace canaryctl::judge
