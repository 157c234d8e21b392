// SPDX-License-Identifier: BSL-1.0
#include <canary/blocking.hpp>
#include <canary/http.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <exception>

namespace canary {
namespace {

/// Runs the function on the pool's thread, then the handler on the coroutine's executor.
template <class Handler>
class awaited_job final : public blocking_pool::job {
 public:
  awaited_job(std::function<void()> work, Handler handler, const asio::any_io_executor& executor)
      : work_(std::move(work)), handler_(std::move(handler)), guard_(executor) {}

  void run() noexcept override {
    std::exception_ptr thrown;
    try {
      work_();
    } catch (...) {
      thrown = std::current_exception();
    }
    finish(std::move(thrown));
  }

  void finish(std::exception_ptr thrown) {
    asio::post(guard_.get_executor(),
               [handler = std::move(handler_), thrown = std::move(thrown)]() mutable { std::move(handler)(thrown); });
  }

 private:
  std::function<void()> work_;
  Handler handler_;
  asio::executor_work_guard<asio::any_io_executor> guard_;
};

}  // namespace

asio::awaitable<void> context::run_blocking(std::function<void()> job) {
  if (!pool_) throw std::logic_error("this context has no pool for blocking work");
  bool refused = false;
  auto initiate = [this, &job, &refused](auto handler) {
    using job_type = awaited_job<std::decay_t<decltype(handler)>>;
    std::unique_ptr<blocking_pool::job> awaited =
        std::make_unique<job_type>(std::move(job), std::move(handler), executor_);
    if (pool_->submit(awaited)) return;
    refused = true;
    static_cast<job_type&>(*awaited).finish(nullptr);
  };
  co_await asio::async_initiate<const asio::deferred_t, void(std::exception_ptr)>(std::move(initiate), asio::deferred);
  if (refused) throw blocking_queue_full();
}

}  // namespace canary
