// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/screen.hpp"

#include <ostream>

namespace canaryctl::demo {

std::string screen::painted(const char* code, const std::string& text) const {
  return terminal_ ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
}

void screen::clear() {
  if (progress_) out_ << "\r\033[K" << std::flush;
  progress_ = false;
}

void screen::title(const std::string& text) {
  clear();
  out_ << painted("1", text) << std::endl;
}

void screen::step(int number, const std::string& text) {
  clear();
  out_ << '\n' << painted("1;36", std::to_string(number) + "  " + text) << std::endl;
}

void screen::line(const std::string& text) {
  clear();
  out_ << "   " << text << std::endl;
}

void screen::check(bool good, const std::string& text) {
  clear();
  out_ << "   " << (good ? painted("1;32", "ok") : painted("1;31", "FAILED")) << "  " << text << std::endl;
}

void screen::progress(const std::string& text) {
  if (!terminal_) return;
  out_ << "\r\033[K   " << painted("2", text) << std::flush;
  progress_ = true;
}

}  // namespace canaryctl::demo
