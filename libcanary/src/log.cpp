// SPDX-License-Identifier: BSL-1.0
#include <canary/log.hpp>

#include "descriptor_sink.hpp"
#include "json_text.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace canary {

namespace {

/// Hands each line to the logger's own sink and counts it: what spdlog flushes is not awaited, a count can be.
class counting_sink final : public spdlog::sinks::sink {
 public:
  explicit counting_sink(logger::sink to) : to_(std::move(to)) {}

  /// The queue in front, whose worker is the only one to call log().
  void pool(spdlog::details::thread_pool* p) noexcept { pool_ = p; }

  void log(const spdlog::details::log_msg& m) override {
    bool fine = true;
    try {
      to_({m.payload.data(), m.payload.size()});
    } catch (...) {
      fine = false;
    }
    const std::lock_guard lock(mutex_);
    ++done_;
    if (!fine) failed_.fetch_add(1, std::memory_order_relaxed);
    // Here no line is between the queue and the sink, and the queue drops at its front: these are the oldest lines.
    finished_ = done_ + pool_->overrun_counter();
    moved_.notify_all();
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  /// A line that never came into the queue.
  void lost() noexcept {
    const std::lock_guard lock(mutex_);
    ++lost_;
    failed_.fetch_add(1, std::memory_order_relaxed);
    moved_.notify_all();
  }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_.load(std::memory_order_relaxed); }

  /// Waits until the first `lines` are written or dropped.
  void wait_for(std::uint64_t lines) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this, lines] { return finished_ + lost_ >= lines; });
  }

 private:
  logger::sink to_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::uint64_t done_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t finished_ = 0;
  std::atomic<std::uint64_t> failed_{0};
};

/// Signals are for the threads that await them, and a broken pipe is an error code here.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void append_value(std::string& out, const log_field::any& value) {
  struct visitor {
    std::string& out;
    void operator()(bool v) const { out += v ? "true" : "false"; }
    void operator()(std::int64_t v) const { out += std::to_string(v); }
    void operator()(std::uint64_t v) const { out += std::to_string(v); }
    void operator()(double v) const { detail::append_json_number(out, v); }
    void operator()(std::string_view v) const { detail::append_json_string(out, v); }
    void operator()(const log_field::json& v) const { out += v.text; }
  };
  std::visit(visitor{out}, value);
}

}  // namespace

struct logger::impl {
  impl(const identity& self, log_level l, sink to, std::size_t queue, std::shared_ptr<detail::descriptor_sink> own)
      : descriptor(std::move(own)),
        level(l),
        written(std::make_shared<counting_sink>(std::move(to))),
        pool(std::make_shared<spdlog::details::thread_pool>(std::max<std::size_t>(queue, 1), 1, block_signals)),
        spd(std::make_shared<spdlog::async_logger>("canary", written, pool,
                                                   spdlog::async_overflow_policy::overrun_oldest)) {
    written->pool(pool.get());
    spd->set_level(spdlog::level::trace);
    spd->set_error_handler([w = written](const std::string&) { w->lost(); });
    constant = ",\"version\":";
    detail::append_json_string(constant, self.version);
    constant += ",\"track\":";
    detail::append_json_string(constant, self.track);
  }

  ~impl() {
    if (descriptor) descriptor->hurry(std::chrono::seconds(1));
    pool.reset();  // waits until the queue is empty; the queue's lines hold on to the logger until then
    spd.reset();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  std::shared_ptr<detail::descriptor_sink> descriptor;  // none with a sink of the caller's
  std::string constant;
  std::atomic<log_level> level;
  std::atomic<std::uint64_t> queued{0};
  std::shared_ptr<counting_sink> written;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> spd;
};

logger::logger(const identity& self, log_level level, std::size_t queue) {
  auto to = std::make_shared<detail::descriptor_sink>(STDERR_FILENO);
  impl_ = std::make_unique<impl>(
      self, level,
      [to](std::string_view line) {
        if (!to->write(line)) throw std::runtime_error("not written");
      },
      queue, to);
}

logger::logger(const identity& self, log_level level, sink to, std::size_t queue)
    : impl_(std::make_unique<impl>(self, level, std::move(to), queue, nullptr)) {}

logger::~logger() = default;

void logger::write(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  if (level < this->level() || level == log_level::off) return;
  std::string line;
  line.reserve(256);
  line += "{\"time\":\"";
  detail::append_rfc3339(line, std::chrono::system_clock::now());
  line.append("\",\"level\":\"").append(to_string(level)).append("\",\"event\":");
  detail::append_json_string(line, event);
  line += impl_->constant;
  for (const auto& f : fields) {
    line += ',';
    detail::append_json_string(line, f.name);
    line += ':';
    append_value(line, f.value);
  }
  line += "}\n";
  impl_->queued.fetch_add(1, std::memory_order_relaxed);
  impl_->spd->log(spdlog::source_loc{}, spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void logger::level(log_level l) noexcept { impl_->level.store(l, std::memory_order_relaxed); }

log_level logger::level() const noexcept { return impl_->level.load(std::memory_order_relaxed); }

std::uint64_t logger::dropped() const noexcept { return impl_->pool->overrun_counter() + impl_->written->failed(); }

void logger::flush() { impl_->written->wait_for(impl_->queued.load(std::memory_order_relaxed)); }

}  // namespace canary
