// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace canary::judge {

/// Words separated by single spaces; reals in hexadecimal, so that they come back to the bit.
class state_writer {
 public:
  void word(std::string_view w);
  void whole(std::uint64_t n);
  void real(double x);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads what `state_writer` wrote. Throws std::invalid_argument that says which word is wrong and what was expected.
class state_reader {
 public:
  explicit state_reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] std::string_view word(std::string_view expected);
  /// This word and no other.
  void exactly(std::string_view expected);
  [[nodiscard]] std::uint64_t whole();
  [[nodiscard]] double real();
  void end() const;

 private:
  [[noreturn]] void fail(std::string_view found, std::string_view expected) const;

  std::string_view rest_;
  std::size_t read_ = 0;
};

}  // namespace canary::judge
