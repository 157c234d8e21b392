// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>

namespace canary {

/// Threads for work that blocks, behind a bounded queue. `context::blocking` is the way to use it. Thread-safe.
class blocking_pool {
 public:
  /// Somebody's work; destroyed without `run` when the pool ends first.
  struct job {
    virtual ~job() = default;
    virtual void run() noexcept = 0;
  };

  /// `queue` jobs may wait beside those that run.
  blocking_pool(unsigned threads, std::size_t queue);
  /// Drops what waits, waits for what runs.
  ~blocking_pool();
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  /// Takes the job; false, and the caller keeps it, when the queue is full.
  [[nodiscard]] bool submit(std::unique_ptr<job>& j);
  /// Jobs that run now.
  [[nodiscard]] std::size_t running() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
