// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace canaryctl {

/// A closed interval of shares, 0 <= lower <= upper <= 1.
struct interval {
  double lower = 0;
  double upper = 1;

  bool contains(double share) const { return lower <= share && share <= upper; }
};

/// The exact two-sided binomial interval of Clopper and Pearson (Biometrika 26, 1934): `hits` of `n` trials, covers
/// the true share with at least `confidence`, half of the rest on each side. n = 0 gives [0, 1].
/// Precondition: hits <= n, 0 < confidence < 1. `confidence` 1 - 1e-6 is taken as exactly as a double allows.
interval clopper_pearson(std::uint64_t hits, std::uint64_t n, double confidence);

/// The counts that a test accepts: those whose Clopper-Pearson interval holds the expected share.
struct acceptance {
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;
  bool can_fail = false;  ///< false if every count from 0 to n is accepted: the test says nothing
};
acceptance accepted_counts(double expected, std::uint64_t n, double confidence);

/// How far off a true share must be for the test of `n` draws to reject `expected` with chance `power`.
struct detectable {
  double below = -1;  ///< a true share at most this is noticed; -1 if none is
  double above = -1;  ///< a true share at least this is noticed; -1 if none is
};
detectable detectable_shares(double expected, std::uint64_t n, double confidence, double power);

}  // namespace canaryctl
