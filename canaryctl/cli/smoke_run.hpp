// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/cli/output.hpp"
#include "canaryctl/cli/smoke_checks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace canaryctl {

/// What the command line of `smoke` asked for.
struct smoke_command {
  http_target target;
  http_target admin;
  bool no_admin = false;
  smoke_expectation want;
  http_request request;
  std::set<std::string> skip;
  std::uint64_t retries = 0;
  std::chrono::nanoseconds retry_delay = std::chrono::seconds(1);
  fetch_options fetch;
  bool each = false;        ///< every address behind the host's name
  std::uint64_t count = 1;  ///< how many there must be
  bool or_more = false;
  std::chrono::nanoseconds deadline = std::chrono::minutes(1);
  output_format output = output_format::text;
};

struct smoke_run {
  std::vector<smoke_check> checks;
  bool connected = false;
  std::string first_error;

  bool passed() const {
    return std::all_of(checks.begin(), checks.end(), [](const smoke_check& check) { return check.passed; });
  }
};

/// One attempt at one target.
smoke_run run_checks(const smoke_command& command);

/// `smoke --each`: looks the host's name up again and again until the number of addresses is right and every one
/// passes, or the deadline has gone by. Blocking; prints the last look.
exit_code smoke_each(const smoke_command& command);

}  // namespace canaryctl
