// SPDX-License-Identifier: BSL-1.0
#include <canary/beast.hpp>

#include "characters.hpp"
#include "failure.hpp"
#include "response_writer.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <optional>

namespace canary {
namespace {

std::string_view view(boost::beast::string_view s) { return {s.data(), s.size()}; }

bool is_framing(std::string_view name) {
  return detail::ci_is_equal(name, "content-length") || detail::ci_is_equal(name, "transfer-encoding") ||
         detail::ci_is_equal(name, "connection");
}

}  // namespace

request from_beast(const http::request<http::string_body>& from, std::vector<field>& fields) {
  request r;
  r.method_name = view(from.method_string());
  r.method = to_method(r.method_name);
  r.target = view(from.target());
  r.version = from.version();
  auto path = r.target;
  if (const auto scheme = path.find("://"); scheme != std::string_view::npos && !path.starts_with('/')) {
    const auto end = path.find_first_of("/?", scheme + 3);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  const auto question = path.find('?');
  r.path = path.substr(0, question);
  if (r.path.empty() && r.method != method::connect) r.path = "/";
  if (question != std::string_view::npos) r.query = path.substr(question + 1);
  fields.clear();
  for (const auto& f : from) fields.push_back({view(f.name_string()), view(f.value())});
  r.fields = fields;
  r.body = from.body();
  return r;
}

http::response<http::string_body> to_beast(response from, const http::request<http::string_body>& answered) {
  if (detail::unsendable(from)) from = problem(500, "the service failed");
  http::response<http::string_body> to;
  to.result(from.status);
  to.version(answered.version());
  if (!from.content_type.empty()) to.set(http::field::content_type, from.content_type);
  for (const auto& [name, value] : from.fields)
    if (!is_framing(name)) to.insert(name, value);
  auto body = from.body.empty() ? std::string(from.static_body) : std::move(from.body);
  if (from.status != 204 && from.status != 304) {
    to.content_length(body.size());
    if (answered.method() != http::verb::head) to.body() = std::move(body);
  }
  to.keep_alive(answered.keep_alive() && !detail::wants_close(from));
  return to;
}

asio::awaitable<http::response<http::string_body>> mount::answer(const http::request<http::string_body>& r,
                                                                 context::facts facts, std::string* failure) {
  auto wanted = from_beast(r, fields_);
  const auto m = routes_.find(wanted.method, wanted.path, parameters_);
  wanted.parameters = parameters_.fields();
  std::optional<metrics::shard::scope> scope;
  if (counters_) scope.emplace(*counters_, m.route, wanted.method);
  response given;
  if (m.result != router::outcome::found) {
    given = detail::without_handler(m, wanted.path, facts.request_id);
  } else {
    context c(facts, co_await asio::this_coro::executor, pool_);
    try {
      if (const auto* plain = std::get_if<plain_handler>(m.target))
        given = (*plain)(wanted, c);
      else
        given = co_await std::get<async_handler>(*m.target)(wanted, c);
    } catch (...) {
      const auto thrown = std::current_exception();
      if (failure) *failure = detail::what(thrown);
      given = detail::failure_of(thrown, facts.request_id);
    }
  }
  if (const char* why = detail::unsendable(given)) {
    if (failure) *failure = why;
    given = detail::failure(500, "the service failed", facts.request_id);
  }
  if (scope) scope->status(given.status);
  if (!facts.request_id.empty()) given.header("X-Request-Id", std::string(facts.request_id));
  co_return to_beast(std::move(given), r);
}

}  // namespace canary
