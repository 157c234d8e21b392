// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace canaryctl::demo {

struct header_field {
  std::string name;
  std::string value;
};

/// How the end of a body is told on the wire.
enum class framing { none, length, chunked, until_close };

/// The head of a request or of a response, as it was received.
struct message_head {
  std::string method;   ///< requests only
  std::string target;   ///< requests only
  unsigned status = 0;  ///< responses only
  std::string reason;   ///< responses only
  int version = 11;
  std::vector<header_field> fields;

  /// The value of the first field of this name (case is ignored), or nullptr.
  const std::string* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

/// A push parser that keeps the head and hands out the body piece by piece, decoded.
/// Trailer fields are discarded, as RFC 9110 section 6.5.1 lets an intermediary do.
template <bool IsRequest>
class message_parser : public boost::beast::http::basic_parser<IsRequest> {
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

 public:
  message_parser() {
    this->header_limit(64 * 1024);
    this->body_limit(boost::none);
  }

  const message_head& head() const { return head_; }
  framing body_framing() const;

  /// The body bytes parsed since the last call of clear_body().
  const std::string& body() const { return body_; }
  void clear_body() { body_.clear(); }

 private:
  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.version = version;
  }
  void on_response_impl(int code, string_view reason, int version, error_code&) override {
    head_.status = static_cast<unsigned>(code);
    head_.reason.assign(reason.data(), reason.size());
    head_.version = version;
  }
  void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code&) override {
    if (!in_trailer_) head_.fields.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  }
  void on_header_impl(error_code&) override { in_trailer_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    body_.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    body_.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  message_head head_;
  std::string body_;
  bool in_trailer_ = false;
};

extern template class message_parser<true>;
extern template class message_parser<false>;

/// What the proxy refuses by itself: a status and a sentence for the client.
struct refusal {
  unsigned status = 0;  ///< 0: nothing is wrong
  std::string why;
};

/// Looks for what two readers of the same bytes could frame or route differently (RFC 9112 sections 3.2 and 6.3):
/// Transfer-Encoding beside Content-Length, a coding other than plain chunked, chunked in HTTP/1.0, repeated
/// Content-Length, a missing or repeated Host; and CONNECT, which this proxy does not do.
refusal check_request(const message_head& head);

/// The same for an answer's framing. Empty: nothing is wrong.
std::string check_response(const message_head& head);

/// The fields that go on to the other side: without hop-by-hop ones, those named in Connection included.
/// The body's framing is left out too, to be written anew, but Content-Length stays when `keep_length`.
std::vector<header_field> end_to_end_fields(const message_head& head, bool keep_length);

/// The head of the request as the pod gets it. `peer` is the client's address.
/// An upgrade is not passed on: the request goes through as an ordinary one, as RFC 9110 section 7.8 allows.
std::string forwarded_request(const message_head& head, framing body, std::string_view peer);

/// The head of the answer as the client gets it; `close` announces that the connection ends after it.
std::string forwarded_response(const message_head& head, framing body, int client_version, bool close);

/// A whole answer of the proxy's own (problem+json, RFC 9457).
std::string own_response(unsigned status, std::string_view detail, bool close, bool with_body = true);

/// The reason phrase of a status the proxy answers by itself.
std::string_view reason_of(unsigned status);

}  // namespace canaryctl::demo
