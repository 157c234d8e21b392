// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/service.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace canary::detail {

/// The named checks and what they last said. Asked on one thread, read by any.
class readiness {
 public:
  struct outcome {
    std::string name;
    std::string reason;  ///< empty: passed
  };

  /// Before the first `ask`.
  void add(std::string name, ready_check check);
  /// Asks every check once. \returns whether all passed.
  asio::awaitable<bool> ask();

  void started() noexcept { started_ = true; }
  void draining() noexcept { draining_ = true; }

  [[nodiscard]] bool ready() const;
  /// Every check, with `started` first and `draining` where it says no.
  [[nodiscard]] std::vector<outcome> outcomes() const;

 private:
  struct entry {
    std::string name;
    ready_check check;
  };
  std::vector<entry> checks_;
  std::atomic<bool> started_{false};
  std::atomic<bool> draining_{false};
  mutable std::mutex mutex_;  // of results_
  std::vector<std::string> results_;
};

}  // namespace canary::detail
