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
#include <string>
#include <string_view>
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
  std::string_view method_name;        ///< as sent
  std::string_view target;             ///< as sent
  std::string_view path;               ///< of the target, as sent (not percent-decoded)
  std::string_view query;              ///< behind `?`, as sent
  unsigned version = 11;               ///< 10 or 11
  std::span<const field> fields;       ///< header fields in order
  std::span<const field> parameters;   ///< of the path template, percent-decoded
  std::string_view body;               ///< whole, decoded from chunks

  /// The first field of that name (any case), or an empty view.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// The path parameter of that name, or an empty view.
  [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;
  /// The first query parameter of that name, decoded; none if absent or ill-formed.
  [[nodiscard]] std::optional<std::string> query_parameter(std::string_view name) const;
};

/// An answer. Framing (Content-Length, Connection, Date) is the session's; a handler does not set it.
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
  response&& header(std::string name, std::string value) && { return std::move(this->header(std::move(name), std::move(value))); }
};

[[nodiscard]] response text(std::string body, unsigned status = 200);
[[nodiscard]] response html(std::string body, unsigned status = 200);
[[nodiscard]] response json(const boost::json::value& body, unsigned status = 200);
/// application/problem+json of RFC 9457; the title is the status's reason phrase where it is empty.
[[nodiscard]] response problem(unsigned status, std::string_view detail = {}, std::string_view title = {});

/// What a handler may know and do beside the request.
class context;

/// A plain handler or a coroutine; both see the request and the context by reference until they return.
using plain_handler = std::function<response(const request&, context&)>;
using async_handler = std::function<asio::awaitable<response>(const request&, context&)>;
using handler = std::variant<plain_handler, async_handler>;

}  // namespace canary
