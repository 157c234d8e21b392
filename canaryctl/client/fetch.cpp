// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <exception>

namespace canaryctl {
namespace asio = boost::asio;

namespace {

struct draws {
  const http_target& target;
  wire_request request;
  connection_options options;
  std::size_t count;
  std::size_t begun = 0;
  std::vector<exchange_result> results;
};

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

asio::awaitable<void> draw(asio::any_io_executor executor, draws& shared) {
  while (shared.begun < shared.count) {
    ++shared.begun;
    connection client(executor, shared.target, shared.options);
    shared.results.push_back(co_await client.exchange(shared.request));
    co_await client.close(std::chrono::milliseconds(50));
  }
}

}  // namespace

std::vector<exchange_result> fetch_many(const http_target& target, const http_request& request, std::size_t count,
                                        std::size_t parallel, const fetch_options& options) {
  asio::io_context io(1);
  draws shared{target,
               {serialise(request, target, false), false, request.method == "HEAD"},
               {options.timeout, true, options.keep_body},
               count,
               0,
               {}};
  shared.results.reserve(count);
  for (std::size_t i = 0; i < std::min(parallel, count); ++i) {
    asio::co_spawn(io, draw(io.get_executor(), shared), rethrow);
  }
  io.run();
  return std::move(shared.results);
}

std::vector<http_target> addresses_of(const http_target& target, boost::system::error_code& error) {
  using resolver = asio::ip::tcp::resolver;
  asio::io_context io(1);
  std::vector<http_target> found;
  for (const auto& entry :
       resolver(io).resolve(target.host, std::to_string(target.port), resolver::numeric_service, error)) {
    auto one = target;
    one.host = entry.endpoint().address().to_string();
    const auto same = [&](const http_target& other) { return other.host == one.host; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(std::move(one));
  }
  return found;
}

exchange_result fetch(const http_target& target, const http_request& request, const fetch_options& options) {
  return std::move(fetch_many(target, request, 1, 1, options).front());
}

}  // namespace canaryctl
