// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/load_generator.hpp"

#include "canaryctl/client/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <utility>
#include <vector>

namespace canaryctl {
namespace asio = boost::asio;
using clock_type = load_record::clock;
using time_point = clock_type::time_point;

struct load_generator::impl : std::enable_shared_from_this<impl> {
  impl(asio::any_io_executor executor, load_options options, on_record record, on_finished finished);

  void begin();
  void end();
  void change_rate(double rate);
  void tick();
  void submit(time_point intended);
  void finish_if_idle();
  void drop_waiting();
  time_point due(std::uint64_t index) const {
    const std::chrono::duration<double> offset(static_cast<double>(index - base_index_) / options_.rate);
    return base_ + std::chrono::duration_cast<clock_type::duration>(offset);
  }
  bool limit_reached() const { return options_.limit != 0 && next_index_ >= options_.limit; }
  void record(time_point intended, time_point sent, const exchange_result& result) const {
    on_record_({intended, sent, clock_type::now(), result});
  }
  static asio::awaitable<void> work(std::shared_ptr<impl> self, connection* client, time_point intended);

  asio::any_io_executor executor_;
  load_options options_;
  on_record on_record_;
  on_finished on_finished_;
  wire_request request_;
  asio::steady_timer next_;
  asio::steady_timer grace_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::deque<connection*> idle_;
  std::deque<time_point> waiting_;
  time_point base_;
  std::uint64_t base_index_ = 0;
  std::uint64_t next_index_ = 0;
  std::size_t busy_ = 0;
  bool running_ = false;
  bool finished_ = false;
  bool abandoned_ = false;
};

load_generator::impl::impl(asio::any_io_executor executor, load_options options, on_record record, on_finished finished)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      on_record_(std::move(record)),
      on_finished_(std::move(finished)),
      request_{serialise(options_.request, options_.target, !options_.fresh), !options_.fresh,
               options_.request.method == "HEAD"},
      next_(executor_),
      grace_(executor_) {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    connections_.push_back(std::make_unique<connection>(
        executor_, options_.target, connection_options{options_.timeout, options_.keep_headers, options_.keep_body}));
    idle_.push_back(connections_.back().get());
  }
}

void load_generator::impl::begin() {
  if (running_ || finished_ || abandoned_) return;
  running_ = true;
  base_ = clock_type::now();
  tick();
}

void load_generator::impl::tick() {
  if (!running_ || abandoned_) return;
  // What became due while this thread was late is sent now, each with the time it should have had.
  for (const auto now = clock_type::now(); due(next_index_) <= now && !limit_reached(); ++next_index_) {
    submit(due(next_index_));
  }
  if (limit_reached()) return end();
  next_.expires_at(due(next_index_));
  next_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->tick();
  });
}

void load_generator::impl::submit(time_point intended) {
  if (idle_.empty()) {
    if (waiting_.size() < options_.max_waiting) {
      waiting_.push_back(intended);
    } else {
      exchange_result lost;
      lost.error = "too many requests were waiting for a free connection";
      record(intended, clock_type::now(), lost);
    }
    return;
  }
  auto* client = idle_.front();
  idle_.pop_front();
  ++busy_;
  asio::co_spawn(executor_, work(shared_from_this(), client, intended), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
}

asio::awaitable<void> load_generator::impl::work(std::shared_ptr<impl> self, connection* client, time_point intended) {
  for (;;) {
    const auto sent = clock_type::now();
    const auto result = co_await client->exchange(self->request_);
    if (self->abandoned_) co_return;
    self->record(intended, sent, result);
    if (!self->request_.keep_alive) co_await client->close(std::chrono::milliseconds(50));
    if (self->abandoned_) co_return;
    if (self->waiting_.empty()) break;
    intended = self->waiting_.front();
    self->waiting_.pop_front();
  }
  --self->busy_;
  self->idle_.push_back(client);
  self->finish_if_idle();
}

void load_generator::impl::end() {
  if (!running_ || abandoned_) return;
  running_ = false;
  next_.cancel();
  grace_.expires_after(std::chrono::duration_cast<clock_type::duration>(options_.timeout));
  grace_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->drop_waiting();
  });
  finish_if_idle();
}

void load_generator::impl::drop_waiting() {
  exchange_result lost;
  lost.error = "no connection became free in time";
  while (!waiting_.empty() && !abandoned_) {
    record(waiting_.front(), clock_type::now(), lost);
    waiting_.pop_front();
  }
  finish_if_idle();
}

void load_generator::impl::finish_if_idle() {
  if (running_ || finished_ || busy_ > 0 || !waiting_.empty()) return;
  finished_ = true;
  grace_.cancel();
  idle_.clear();
  for (auto& client : connections_) client->disconnect();
  if (on_finished_) on_finished_();
}

void load_generator::impl::change_rate(double rate) {
  const auto period = [](double of) {
    return std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(1 / of));
  };
  if (running_) {
    tick();
    const auto last = due(next_index_) - period(options_.rate);
    base_ = std::max(last + period(rate), clock_type::now());
    base_index_ = next_index_;
  }
  options_.rate = rate;
  if (running_) tick();
}

load_generator::load_generator(asio::any_io_executor executor, load_options options, on_record record,
                               on_finished finished)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(options), std::move(record), std::move(finished))) {}

load_generator::load_generator(load_generator&&) noexcept = default;
load_generator& load_generator::operator=(load_generator&&) noexcept = default;

load_generator::~load_generator() {
  if (!impl_) return;
  impl_->abandoned_ = true;
  impl_->next_.cancel();
  impl_->grace_.cancel();
  impl_->connections_.clear();
}

void load_generator::start() {
  asio::post(impl_->executor_, [self = impl_] { self->begin(); });
}
void load_generator::stop() {
  asio::post(impl_->executor_, [self = impl_] { self->end(); });
}
void load_generator::set_rate(double rate) {
  asio::post(impl_->executor_, [self = impl_, rate] { self->change_rate(rate); });
}

std::uint64_t load_generator::connections_opened() const {
  std::uint64_t sum = 0;
  for (const auto& client : impl_->connections_) sum += client->opened();
  return sum;
}

}  // namespace canaryctl
