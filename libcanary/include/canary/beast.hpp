// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/http.hpp>
#include <canary/metrics.hpp>
#include <canary/router.hpp>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <vector>

namespace canary {

namespace http = boost::beast::http;

/// Beast's message as a request. The views point into `from` and `fields`, which outlive the result; both are left as
/// they are.
[[nodiscard]] request from_beast(const http::request<http::string_body>& from, std::vector<field>& fields);

/// A response as Beast's message, ready to be written: version and keep-alive as of the request, Content-Length set, no
/// body for HEAD. The handler's own framing fields are left out; `Connection: close` is obeyed.
[[nodiscard]] http::response<http::string_body> to_beast(response from,
                                                         const http::request<http::string_body>& answered);

/// Answers requests of somebody's own Beast server as a `server` would: routing, 404 and 405, HEAD and OPTIONS, a 500
/// for a handler that throws. One for each connection; not thread-safe. Limits, time-outs and strictness about the
/// framing are those of the server around it, and so is a handler that does not return.
class mount {
 public:
  /// \param routes complete; outlives the mount
  /// \param counters of the thread that the connection lives on; null: nothing is counted
  /// \param pool for `context::blocking`; may be null
  explicit mount(const router& routes, metrics::shard* counters = nullptr, blocking_pool* pool = nullptr)
      : routes_(routes), counters_(counters), pool_(pool) {}

  /// \param failure if given, is told what a handler threw, for the log
  asio::awaitable<http::response<http::string_body>> answer(const http::request<http::string_body>& r,
                                                            context::facts facts, std::string* failure = nullptr);

 private:
  const router& routes_;
  metrics::shard* counters_;
  blocking_pool* pool_;
  std::vector<field> fields_;
  router::parameters parameters_;
};

}  // namespace canary
