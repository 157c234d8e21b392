// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/decide.hpp"

#include "canaryctl/cli/output.hpp"

#include <boost/math/distributions/binomial.hpp>

#include <algorithm>
#include <cstdio>

namespace canaryctl::demo {
namespace {

std::string ratio(const track_evidence& one) {
  return grouped(static_cast<unsigned long long>(one.errors)) + " of " +
         grouped(static_cast<unsigned long long>(one.requests));
}

}  // namespace

decision decide(const track_evidence& stable, const track_evidence& canary, unsigned looks) {
  constexpr double alpha = 1e-6;
  decision result;
  const double requests = stable.requests + canary.requests;
  const double errors = stable.errors + canary.errors;
  if (stable.requests <= 0 || canary.requests <= 0) {
    result.reason = "nothing to compare: one of the tracks has no requests";
    return result;
  }
  const double share = canary.requests / requests;
  if (canary.errors >= 1)
    result.p_value = boost::math::cdf(
        boost::math::complement(boost::math::binomial_distribution<double>(errors, share), canary.errors - 1));
  result.rollback = result.p_value <= alpha / std::max(looks, 1u);
  char p[32];
  std::snprintf(p, sizeof p, "%.1e", result.p_value);
  result.reason = "canary failed " + ratio(canary) + " requests, stable " + ratio(stable) +
                  (result.rollback ? ": by chance alone this happens with p = " : ": not enough to tell, p = ") + p;
  return result;
}

}  // namespace canaryctl::demo
