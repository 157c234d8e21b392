// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <iosfwd>
#include <string>

namespace canaryctl::demo {

/// The story's text. On a terminal with colour and a line of progress that is overwritten; elsewhere plain lines.
class screen {
 public:
  screen(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}
  ~screen() { clear(); }
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  void title(const std::string& text);
  void step(int number, const std::string& text);
  void line(const std::string& text);
  /// A line that says whether something that was demanded holds.
  void check(bool good, const std::string& text);
  /// Overwritten by whatever comes next; nothing where there is no terminal.
  void progress(const std::string& text);

 private:
  void clear();
  std::string painted(const char* code, const std::string& text) const;

  std::ostream& out_;
  const bool terminal_;
  bool progress_ = false;
};

}  // namespace canaryctl::demo
