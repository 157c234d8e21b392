// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/verdict.hpp>

namespace canary::judge {

std::string_view to_string(decision d) {
  switch (d) {
    case decision::promote:
      return "promote";
    case decision::rollback:
      return "rollback";
    case decision::inconclusive:
      break;
  }
  return "inconclusive";
}

std::string_view to_string(cause c) {
  switch (c) {
    case cause::evidence:
      return "evidence";
    case cause::more_requests_needed:
      break;
    case cause::over_budget:
      return "over_budget";
    case cause::canary_without_traffic:
      return "canary_without_traffic";
    case cause::no_ready_canary:
      return "no_ready_canary";
    case cause::crash_loop:
      return "crash_loop";
    case cause::metrics_missing:
      return "metrics_missing";
    case cause::bounds_differ:
      return "bounds_differ";
  }
  return "more_requests_needed";
}

}  // namespace canary::judge
