// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/factor.hpp>

#include <cmath>
#include <cstdint>
#include <functional>

namespace canary::judge::test {

/// P(k of n) computed apart from the library, in long double.
inline long double binomial(std::uint64_t n, std::uint64_t k, long double p) {
  long double ways = 1;
  for (std::uint64_t i = 0; i != k; ++i) ways = ways * (long double)(n - i) / (long double)(i + 1);
  return ways * std::pow(p, (long double)k) * std::pow(1 - p, (long double)(n - k));
}

/// E[value] over all outcomes of a batch, given both tracks' requests.
inline long double expectation(std::uint64_t stable, long double stable_rate, std::uint64_t canary,
                               long double canary_rate, const std::function<long double(const pair&)>& value) {
  long double sum = 0;
  for (std::uint64_t z = 0; z <= stable; ++z)
    for (std::uint64_t x = 0; x <= canary; ++x)
      sum += binomial(stable, z, stable_rate) * binomial(canary, x, canary_rate) * value({{stable, z}, {canary, x}});
  return sum;
}

}  // namespace canary::judge::test
