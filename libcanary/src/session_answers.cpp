// SPDX-License-Identifier: BSL-1.0
#include "failure.hpp"
#include "session.hpp"

// The answers that a session gives by itself, and what it writes to the log.
namespace canary::detail {

std::string_view session::route_label() const noexcept {
  if (match_.route == router::unmatched) return "unmatched";
  return shared_.routes.routes()[match_.route].label;
}

void session::answer_failure(unsigned status, std::string_view detail) {
  answer_ = failure(status, detail, context_.request_id());
}

void session::answer_exception(const std::exception_ptr& thrown) {
  failure_ = what(thrown);
  answer_ = failure_of(thrown, context_.request_id());
}

void session::refuse(unsigned status, const char* detail) {
  now_ = steady::now();
  request_ = request{};
  request_.method = scanner_.method();
  request_.method_name = to_string(request_.method);
  request_.version = scanner_.version();
  match_ = router::match{};
  context_.renew({.request_id = worker_.ids().id(id_), .peer = peer_, .trace = {}});
  failure_ = detail;
  answer_failure(status, detail);
  close_ = true;
  queue_answer();
  if (!worker_.counters()) return;
  worker_.counters()->observe(metrics::unmatched, request_.method, status, now_ - begin_);
  if (worker_.ids().chance(shared_.settings.access_log)) log_access();
}

void session::answer_overdue() {
  armed_.reset();
  overdue_ = true;
  now_ = steady::now();
  failure_ = "the handler did not answer in time";
  // The handler still runs and may use the request, its context and its own answer: none of them is touched.
  auto own = std::move(answer_);
  answer_failure(503, "the service did not answer in time");
  close_ = true;
  queue_answer();
  if (!flush()) gone_ = true;
  out_.clear();
  rest_ = {};
  sent_ = 0;
  answer_ = std::move(own);
  if (scope_) scope_->end(now_);
  scope_.reset();
  if (worker_.counters()) worker_.counters()->handler_overdue(+1);
  boost::system::error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  shut_ = true;
  // Last: a handler that ends at once may take this session with it.
  cancel_.emit(asio::cancellation_type::all);
}

void session::log_failure() const {
  shared_.log.error("server_error", {{"request_id", context_.request_id()},
                                     {"status", std::uint64_t{answer_.status}},
                                     {"method", request_.method_name},
                                     {"target", request_.target},
                                     {"route", route_label()},
                                     {"peer", context_.peer()},
                                     {"reason", std::string_view(failure_)}});
}

void session::log_access() const {
  const auto duration = std::chrono::duration<double>(now_ - begin_).count();
  const auto bytes = answer_.body.empty() ? answer_.static_body.size() : answer_.body.size();
  shared_.log.info("request", {{"request_id", context_.request_id()},
                               {"status", std::uint64_t{answer_.status}},
                               {"method", request_.method_name},
                               {"target", request_.target},
                               {"route", route_label()},
                               {"peer", context_.peer()},
                               {"bytes", std::uint64_t{bytes}},
                               {"duration_seconds", duration},
                               {"trace_id", context_.trace().trace_id}});
}

}  // namespace canary::detail
