// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace canaryctl {

/// What a subcommand tells its caller. Scripts and controllers rely on these numbers.
enum class exit_code : int {
  pass = 0,          ///< what was asked for holds
  fail = 1,          ///< it does not hold: a failed request, a wrong split, a spent budget
  usage = 2,         ///< the command line or a configuration is wrong; nothing was tried
  inconclusive = 3,  ///< too little was seen to say either
  unreachable = 4,   ///< the target could not be reached at all
};

constexpr int to_int(exit_code code) { return static_cast<int>(code); }

/// "pass", "fail", ...: the `verdict` of every JSON output.
constexpr const char* to_string(exit_code code) {
  switch (code) {
    case exit_code::pass:
      return "pass";
    case exit_code::fail:
      return "fail";
    case exit_code::usage:
      return "usage";
    case exit_code::inconclusive:
      return "inconclusive";
    case exit_code::unreachable:
      return "unreachable";
  }
  return "unknown";
}

}  // namespace canaryctl
