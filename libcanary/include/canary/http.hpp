// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/method.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/fwd.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace canary {

namespace asio = boost::asio;

/// A header field or a path parameter: views of the session's buffers.
struct field {
  std::string_view name;
  std::string_view value;
};

/// One request. All views point into the session's buffers and live until the handler has returned.
struct request {
  canary::method method = method::get;
  std::string_view method_name;       ///< as sent
  std::string_view target;            ///< as sent
  std::string_view path;              ///< of the target, as sent (not percent-decoded)
  std::string_view query;             ///< behind `?`, as sent
  unsigned version = 11;              ///< 10 or 11
  std::span<const field> fields;      ///< header fields in order
  std::span<const field> parameters;  ///< of the path template, percent-decoded
  std::string_view body;              ///< whole, decoded from chunks

  /// The first field of that name (any case), or an empty view.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// The path parameter of that name, or an empty view.
  [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;
  /// The first query parameter of that name, decoded; none if absent or ill-formed.
  [[nodiscard]] std::optional<std::string> query_parameter(std::string_view name) const;
};

/// An answer. Framing (Content-Length, Transfer-Encoding, Date) is the session's: such fields of a
/// handler are left out. `Connection: close` of a handler is obeyed.
struct response {
  unsigned status = 200;
  std::string content_type;                                 ///< empty: none is sent
  std::vector<std::pair<std::string, std::string>> fields;  ///< further header fields
  std::string body;
  std::string_view static_body;  ///< sent instead of `body` where that is empty; must outlive the process's server

  response& header(std::string name, std::string value) & {
    fields.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  response&& header(std::string name, std::string value) && {
    return std::move(this->header(std::move(name), std::move(value)));
  }
};

[[nodiscard]] response text(std::string body, unsigned status = 200);
[[nodiscard]] response html(std::string body, unsigned status = 200);
[[nodiscard]] response json(const boost::json::value& body, unsigned status = 200);
/// application/problem+json of RFC 9457; the title is the status's reason phrase where it is empty.
[[nodiscard]] response problem(unsigned status, std::string_view detail = {}, std::string_view title = {});

class blocking_pool;

/// Thrown by `context::blocking` when the pool's queue is full; uncaught it becomes a 503 with Retry-After.
struct blocking_queue_full : std::runtime_error {
  blocking_queue_full() : std::runtime_error("the queue of blocking work is full") {}
};

/// The caller's trace (W3C Trace Context, level 1); empty without a well-formed `traceparent`.
struct trace_context {
  std::string_view trace_id;   ///< 32 hexadecimal digits
  std::string_view parent_id;  ///< 16 hexadecimal digits
  bool sampled = false;
  std::string_view state;  ///< `tracestate` as sent
};

/// What a handler may know and do beside the request. The views live as long as the request's.
class context {
 public:
  struct facts {
    std::string_view request_id;  ///< taken from a sane X-Request-Id, else generated
    std::string_view peer;        ///< the client's address; X-Forwarded-For is believed from trusted proxies only
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    trace_context trace;
  };

  context() = default;
  /// `pool` may be null: then `blocking` throws.
  context(facts f, asio::any_io_executor executor, blocking_pool* pool)
      : facts_(f), executor_(std::move(executor)), pool_(pool) {}

  [[nodiscard]] std::string_view request_id() const noexcept { return facts_.request_id; }
  [[nodiscard]] std::string_view peer() const noexcept { return facts_.peer; }
  /// When an asynchronous handler is cancelled and answered for with a 503.
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept { return facts_.deadline; }
  [[nodiscard]] const trace_context& trace() const noexcept { return facts_.trace; }
  /// Of the thread that this connection lives on.
  [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }

  /// Runs `fn` on the bounded pool and resumes here with what it returned or threw. Work that has begun is not
  /// cancelled: the coroutine waits for it. \throws blocking_queue_full; std::logic_error without a pool.
  template <class Function>
  asio::awaitable<std::invoke_result_t<Function&>> blocking(Function fn) {
    using result = std::invoke_result_t<Function&>;
    if constexpr (std::is_void_v<result>) {
      co_await run_blocking([&fn] { fn(); });
    } else {
      std::optional<result> r;
      co_await run_blocking([&fn, &r] { r.emplace(fn()); });
      co_return std::move(*r);
    }
  }

  /// For who serves requests: a new request on the same connection.
  void renew(facts f) noexcept { facts_ = f; }

 private:
  asio::awaitable<void> run_blocking(std::function<void()> job);

  facts facts_;
  asio::any_io_executor executor_;
  blocking_pool* pool_ = nullptr;
};

/// A plain handler or a coroutine; both see the request and the context by reference until they return.
using plain_handler = std::function<response(const request&, context&)>;
using async_handler = std::function<asio::awaitable<response>(const request&, context&)>;
using handler = std::variant<plain_handler, async_handler>;

}  // namespace canary
