// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/interruption.hpp"

#include <pthread.h>

namespace canaryctl {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

}  // namespace

interruption::interruption() {
  const auto set = watched();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  watcher_ = std::thread([this] { watch(); });
}

interruption::~interruption() {
  ending_ = true;
  pthread_kill(watcher_.native_handle(), SIGUSR2);  // only to wake it
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void interruption::watch() {
  const auto set = watched();
  while (!ending_) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || signal == SIGUSR2) continue;
    std::lock_guard lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
}

bool interruption::wait(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return happened_.load(); });
  return happened_;
}

void interruption::sleep(std::chrono::nanoseconds time) {
  if (wait(time)) throw interrupted();
}

}  // namespace canaryctl
