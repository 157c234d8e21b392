// SPDX-License-Identifier: BSL-1.0
#include <canary/judge/batch.hpp>

#include "state.hpp"

#include <charconv>
#include <stdexcept>

namespace canary::judge {
namespace {

std::string tallies(const std::vector<tally>& track) {
  std::string text;
  for (const auto& t : track)
    text += (text.empty() ? "" : ",") + std::to_string(t.total) + "/" + std::to_string(t.events);
  return text;
}

std::vector<tally> parse_tallies(std::string_view text, const char* track) {
  std::vector<tally> result;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto fail = [&] {
    throw std::invalid_argument(std::string(track) + " is '" + std::string(text) +
                                "', expected total/events[,total/events...] with no more events than the total");
  };
  for (;;) {
    tally t;
    const auto total = std::from_chars(at, end, t.total);
    if (total.ec != std::errc{} || total.ptr == end || *total.ptr != '/') fail();
    const auto events = std::from_chars(total.ptr + 1, end, t.events);
    if (events.ec != std::errc{} || t.events > t.total) fail();
    result.push_back(t);
    if (events.ptr == end) return result;
    if (*events.ptr != ',') fail();
    at = events.ptr + 1;
  }
}

}  // namespace

std::string to_line(const batch& b) {
  state_writer w;
  w.word("batch");
  w.real(b.seconds);
  w.word(tallies(b.stable));
  w.word(tallies(b.canary));
  return w.take();
}

std::optional<batch> parse_batch(std::string_view line, std::string& error) {
  try {
    state_reader r(line);
    r.exactly("batch");
    batch b;
    b.seconds = r.real();
    if (b.seconds < 0) throw std::invalid_argument("the seconds are negative, expected 0 or more");
    b.stable = parse_tallies(r.word("stable's counts"), "stable");
    b.canary = parse_tallies(r.word("the canary's counts"), "canary");
    if (b.stable.size() != b.canary.size())
      throw std::invalid_argument("stable has " + std::to_string(b.stable.size()) + " tallies, the canary " +
                                  std::to_string(b.canary.size()) + ", expected as many");
    r.end();
    return b;
  } catch (const std::invalid_argument& e) {
    error = std::string("batch: ") + e.what();
    return std::nullopt;
  }
}

}  // namespace canary::judge
