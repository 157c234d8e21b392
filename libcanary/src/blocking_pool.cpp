// SPDX-License-Identifier: BSL-1.0
#include <canary/blocking.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace canary {

struct blocking_pool::impl {
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::unique_ptr<job>> waiting;
  std::size_t limit;
  std::size_t running = 0;
  std::size_t idle = 0;
  bool ending = false;
  std::vector<std::thread> threads;

  explicit impl(std::size_t queue) : limit(queue) {}

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      ++idle;
      wake.wait(lock, [this] { return ending || !waiting.empty(); });
      --idle;
      if (ending) return;
      auto next = std::move(waiting.front());
      waiting.pop_front();
      ++running;
      lock.unlock();
      next->run();
      next.reset();
      lock.lock();
      --running;
    }
  }
};

blocking_pool::blocking_pool(unsigned threads, std::size_t queue) : impl_(std::make_unique<impl>(queue)) {
  for (unsigned i = 0; i < threads; ++i) impl_->threads.emplace_back([p = impl_.get()] { p->work(); });
}

blocking_pool::~blocking_pool() {
  std::deque<std::unique_ptr<job>> dropped;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
    dropped.swap(impl_->waiting);
  }
  impl_->wake.notify_all();
  for (auto& t : impl_->threads) t.join();
}

bool blocking_pool::submit(std::unique_ptr<job>& j) {
  {
    const std::lock_guard lock(impl_->mutex);
    // A job for which a thread already waits takes no place in the queue.
    if (impl_->ending || impl_->waiting.size() >= impl_->limit + impl_->idle) return false;
    impl_->waiting.push_back(std::move(j));
  }
  impl_->wake.notify_one();
  return true;
}

std::size_t blocking_pool::running() const noexcept {
  const std::lock_guard lock(impl_->mutex);
  return impl_->running;
}

}  // namespace canary
