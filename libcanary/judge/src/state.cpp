// SPDX-License-Identifier: BSL-1.0
#include "state.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace canary::judge {

void state_writer::word(std::string_view w) {
  if (!text_.empty()) text_ += ' ';
  text_ += w;
}

void state_writer::whole(std::uint64_t n) { word(std::to_string(n)); }

void state_writer::real(double x) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::hex).ptr;
  word({buffer.data(), std::size_t(end - buffer.data())});
}

void state_reader::fail(std::string_view found, std::string_view expected) const {
  throw std::invalid_argument("word " + std::to_string(read_) + ": found '" + std::string(found) + "', expected " +
                              std::string(expected));
}

std::string_view state_reader::word(std::string_view expected) {
  ++read_;
  if (rest_.empty()) fail("end of text", expected);
  const auto space = rest_.find(' ');
  const auto w = rest_.substr(0, space);
  rest_ = space == std::string_view::npos ? std::string_view{} : rest_.substr(space + 1);
  return w;
}

void state_reader::exactly(std::string_view expected) {
  if (const auto w = word(expected); w != expected) fail(w, expected);
}

std::uint64_t state_reader::whole() {
  const auto w = word("a whole number");
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(w.data(), w.data() + w.size(), n);
  if (error != std::errc{} || end != w.data() + w.size()) fail(w, "a whole number");
  return n;
}

double state_reader::real() {
  const auto w = word("a number in hexadecimal");
  double x = 0;
  const auto [end, error] = std::from_chars(w.data(), w.data() + w.size(), x, std::chars_format::hex);
  if (error != std::errc{} || end != w.data() + w.size() || !std::isfinite(x))
    fail(w, "a finite number in hexadecimal");
  return x;
}

void state_reader::end() const {
  if (!rest_.empty()) fail(rest_.substr(0, 40), "the end of the text");
}

}  // namespace canary::judge
