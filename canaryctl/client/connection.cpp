// SPDX-License-Identifier: BSL-1.0
// The only source of canaryctl's client that instantiates network operations; all others await exchange().
#include "canaryctl/client/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace canaryctl {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t buffer_size = 64u << 10;
constexpr std::uint32_t head_limit = 48u << 10;  // below the buffer's size: a head is parsed in one piece

/// Fills an http_response; keeps of the body what was asked for and counts the rest.
class answer_parser : public http::basic_parser<false> {
 public:
  answer_parser(http_response& response, const connection_options& options, bool head)
      : response_(response), options_(options) {
    eager(true);
    skip(head);
    header_limit(head_limit);
    body_limit(boost::none);
  }

 private:
  using text = boost::beast::string_view;

  void on_request_impl(http::verb, text, text, int, error_code&) override {}
  void on_response_impl(int code, text, int, error_code&) override { response_.status = static_cast<unsigned>(code); }
  void on_field_impl(http::field, text name, text value, error_code&) override {
    if (options_.keep_headers) response_.headers.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return take(body); }
  void on_finish_impl(error_code&) override {}

  std::size_t take(text body) {
    response_.body_bytes += body.size();
    const auto room = options_.keep_body - std::min(options_.keep_body, response_.body.size());
    response_.body.append(body.data(), std::min(room, body.size()));
    return body.size();
  }

  http_response& response_;
  const connection_options& options_;
};

outcome classify_connect(const error_code& error) {
  if (error == asio::error::connection_refused) return outcome::refused;
  if (error == asio::error::connection_reset || error == asio::error::connection_aborted) return outcome::reset;
  if (error == asio::error::timed_out) return outcome::timeout;
  if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
      error == boost::system::errc::address_not_available ||
      error == boost::system::errc::too_many_files_open_in_system) {
    return outcome::unsent;
  }
  return outcome::unreachable;
}

}  // namespace

struct connection::impl {
  impl(asio::any_io_executor executor, const http_target& target, connection_options options)
      : target_(target), options_(options), socket_(executor), resolver_(executor), timer_(executor) {}

  awaitable<void> connect(exchange_result& out);
  awaitable<void> read_answer(const wire_request& request, exchange_result& out);
  bool usable();
  void shut();
  void arm(const std::shared_ptr<impl>& self, std::chrono::nanoseconds limit);
  void disarm() {
    ++generation_;
    timer_.cancel();
  }
  void lose(exchange_result& out, outcome result, std::string error) const {
    out.result = timed_out_ ? outcome::timeout : result;
    out.error = timed_out_ ? "no complete answer in time" : std::move(error);
  }

  const http_target& target_;
  connection_options options_;
  tcp::socket socket_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::vector<tcp::endpoint> endpoints_;
  std::vector<char> buffer_;
  std::size_t filled_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t opened_ = 0;
  bool timed_out_ = false;
  bool reusable_ = false;
};

/// A kept connection is usable if the server has neither closed it nor sent something nobody asked for.
bool connection::impl::usable() {
  if (!socket_.is_open() || !reusable_) return false;
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void connection::impl::shut() {
  error_code ignored;
  socket_.close(ignored);
  filled_ = 0;
  reusable_ = false;
}

void connection::impl::arm(const std::shared_ptr<impl>& self, std::chrono::nanoseconds limit) {
  timed_out_ = false;
  timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(limit));
  timer_.async_wait([self, mine = ++generation_](const error_code& error) {
    if (error || mine != self->generation_) return;
    self->timed_out_ = true;
    self->resolver_.cancel();
    self->shut();
  });
}

awaitable<void> connection::impl::connect(exchange_result& out) {
  shut();
  if (endpoints_.empty()) {
    const auto [error, found] = co_await resolver_.async_resolve(target_.host, std::to_string(target_.port),
                                                                 tcp::resolver::numeric_service, as_result);
    if (error || timed_out_) {
      lose(out, outcome::unreachable, "cannot resolve '" + target_.host + "': " + error.message());
      co_return;
    }
    for (const auto& entry : found) endpoints_.push_back(entry.endpoint());
  }
  const auto endpoints = endpoints_;
  for (const auto& endpoint : endpoints) {
    if (timed_out_) break;
    error_code error;
    socket_.close(error);
    socket_.open(endpoint.protocol(), error);
    if (!error) std::tie(error) = co_await socket_.async_connect(endpoint, as_result);
    if (!error && !timed_out_) {
      socket_.set_option(tcp::no_delay(true), error);
      ++opened_;
      out.connected = true;
      co_return;
    }
    const auto result = classify_connect(error);
    // Of several addresses "refused" says most: a host was there.
    if (out.error.empty() || result == outcome::refused) {
      lose(out, result, target_.host_header + ": " + error.message());
    }
  }
  if (timed_out_) lose(out, outcome::timeout, {});
  endpoints_.clear();
  shut();
}

awaitable<void> connection::impl::read_answer(const wire_request& request, exchange_result& out) {
  buffer_.resize(buffer_size);
  std::optional<answer_parser> parser;
  parser.emplace(out.response, options_, request.head);
  bool got_byte = false;
  for (;;) {
    error_code error;
    while (filled_ > 0 && !parser->is_done() && !error) {
      const auto used = parser->put(asio::const_buffer(buffer_.data(), filled_), error);
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(used),
                buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
      filled_ -= used;
    }
    if (error && error != http::error::need_more) {
      shut();
      co_return lose(out, outcome::malformed, "the answer is not HTTP/1.x: " + error.message());
    }
    if (parser->is_done() && out.response.status / 100 == 1 && out.response.status != 101) {
      out.response = {};
      parser.emplace(out.response, options_, request.head);
      continue;
    }
    if (parser->is_done()) break;
    if (filled_ == buffer_.size()) {
      shut();
      co_return lose(out, outcome::malformed, "a line of the answer is longer than 64 KiB");
    }
    const auto room = asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_);
    const auto [failed, count] = co_await socket_.async_read_some(room, as_result);
    if (!failed) {
      filled_ += count;
      got_byte = true;
      continue;
    }
    if (failed == asio::error::eof && parser->is_header_done() && !timed_out_) {
      parser->put_eof(error);
      if (!error) break;
    }
    shut();
    if (!got_byte) co_return lose(out, outcome::reset, "the connection ended before the answer: " + failed.message());
    co_return lose(out, outcome::cut, "the connection ended inside the answer: " + failed.message());
  }
  // Bytes after the answer were never asked for; such a connection is out of step and not used again.
  reusable_ = request.keep_alive && parser->keep_alive() && filled_ == 0;
  if (out.response.status == 101) {
    shut();
    co_return lose(out, outcome::malformed, "101 Switching Protocols without an Upgrade in the request");
  }
  out.result = outcome::answered;
}

connection::connection(asio::any_io_executor executor, const http_target& target, connection_options options)
    : impl_(std::make_shared<impl>(std::move(executor), target, options)) {}

connection::~connection() {
  impl_->disarm();
  impl_->resolver_.cancel();
  impl_->shut();
}

awaitable<exchange_result> connection::exchange(const wire_request& request) {
  const auto self = impl_;
  exchange_result out;
  self->arm(self, self->options_.timeout);
  if (self->usable()) {
    out.connected = true;
  } else {
    co_await self->connect(out);
  }
  if (out.connected) {
    const auto [error, written] = co_await asio::async_write(self->socket_, asio::buffer(request.bytes), as_result);
    // A server may answer and close before it has read all: the answer decides, not the failed write.
    co_await self->read_answer(request, out);
    if (error) self->reusable_ = false;
  }
  self->disarm();
  if (out.result == outcome::answered && !self->reusable_ && request.keep_alive) self->shut();
  co_return out;
}

awaitable<void> connection::close(std::chrono::nanoseconds limit) {
  const auto self = impl_;
  if (!self->socket_.is_open()) co_return;
  self->arm(self, limit);
  char byte = 0;
  error_code error;
  while (!error)
    std::tie(error, std::ignore) = co_await self->socket_.async_read_some(asio::buffer(&byte, 1), as_result);
  self->disarm();
  self->shut();
}

void connection::disconnect() { impl_->shut(); }

std::uint64_t connection::opened() const { return impl_->opened_; }

}  // namespace canaryctl
