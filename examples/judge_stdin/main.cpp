// SPDX-License-Identifier: BSL-1.0
// Decides about a canary from numbers on stdin, one line a look: the new requests and errors of both tracks.
//   STABLE_REQUESTS STABLE_ERRORS CANARY_REQUESTS CANARY_ERRORS
// Stops at the first verdict. Exit code: 0 promote, 1 roll back, 2 bad input, 3 not enough to tell.
#include <canary/judge/judge.hpp>

#include <iostream>
#include <sstream>
#include <string>

int main() {
  using namespace canary::judge;
  judge j;  // alpha and beta 5 %, a 99.9 % objective for errors
  std::string line;
  for (int number = 1; j.decided() == decision::inconclusive && std::getline(std::cin, line); ++number) {
    tally stable;
    tally canary;
    std::istringstream words(line);
    const bool read = bool(words >> stable.total >> stable.events >> canary.total >> canary.events);
    if (!read || !(words >> std::ws).eof() || line.find('-') != std::string::npos || stable.events > stable.total ||
        canary.events > canary.total) {
      std::cerr << "line " << number << ": '" << line
                << "', expected four counts: stable's requests and errors, the canary's requests and errors\n";
      return 2;
    }
    j.observe({{stable}, {canary}, 0});
  }
  std::cout << j.look().reason << '\n';
  return j.decided() == decision::promote ? 0 : j.decided() == decision::rollback ? 1 : 3;
}
