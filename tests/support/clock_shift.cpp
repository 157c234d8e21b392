// SPDX-License-Identifier: BSL-1.0
// Preloaded into a program under test: its wall clock is off by the seconds in the file CLOCK_SHIFT_FILE, as they are
// at that moment. The steady clock is left alone, as it is by whoever sets a machine's clock.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

long shift() {
  const char* const file = std::getenv("CLOCK_SHIFT_FILE");
  const int descriptor = file ? ::open(file, O_RDONLY | O_CLOEXEC) : -1;
  if (descriptor < 0) return 0;
  char text[32] = {};
  const auto size = ::read(descriptor, text, sizeof text - 1);
  ::close(descriptor);
  return size > 0 ? std::strtol(text, nullptr, 10) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* to) noexcept {
  using function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, to);
  if (result == 0 && clock == CLOCK_REALTIME) to->tv_sec += shift();
  return result;
}
