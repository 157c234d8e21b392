// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/parse_error.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace canaryctl {

/// How one request ended. Only `answered` has a status; everything else was lost on the way.
enum class outcome {
  answered,     ///< a complete answer, whatever its status
  refused,      ///< nobody listens: the connection was refused
  unreachable,  ///< the name did not resolve, no route to the host, no network
  reset,        ///< the connection ended, by reset or by close, before the first byte of the answer
  timeout,      ///< not complete within the time allowed
  cut,          ///< the connection ended after the first byte of the answer and before its last
  malformed,    ///< what came is not HTTP/1.x
  unsent,       ///< never sent: no connection, local port or descriptor was free. The client's limit, not the server's
};

std::string_view to_string(outcome result);

/// Where requests go: a parsed http:// URL.
struct http_target {
  std::string text;  ///< the URL as given
  std::string host;  ///< a name or an address; IPv6 without brackets
  std::uint16_t port = 80;
  std::string host_header;   ///< as it goes into the Host field: brackets kept, port 80 left out
  std::string target = "/";  ///< path and query, as they were encoded

  /// The same host and port with another path and query ("/metrics").
  http_target with_target(std::string_view path_and_query) const;
  /// The same host with another port.
  http_target with_port(std::uint16_t other) const;
  /// scheme, host, port and target as one URL.
  std::string url() const;
};

/// Parses `http://host[:port][/path][?query]`. The error says what is wrong and what was expected; https, user
/// information and fragments are refused by name.
boost::system::result<http_target, parse_error> parse_target(std::string_view url);

struct http_field {
  std::string name;
  std::string value;
};

struct http_request {
  std::string method = "GET";
  std::vector<http_field> headers;  ///< besides Host, User-Agent, Accept, Content-Length, which they may replace
  std::string body;
};

/// Says what is wrong with a method or header that cannot go into a request ("" if nothing is): white space, line
/// breaks, and the fields that the client writes itself (Content-Length, Transfer-Encoding, Connection).
std::string check_request(const http_request& request);

/// The request's bytes on the wire.
std::string serialise(const http_request& request, const http_target& target, bool keep_alive);

struct http_response {
  unsigned status = 0;
  std::vector<http_field> headers;  ///< empty where the caller did not ask for them
  std::string body;                 ///< at most as long as the caller asked for
  std::uint64_t body_bytes = 0;     ///< the bytes of the body that were read, kept or not

  /// The first field of that name in any case, or nullptr.
  const std::string* find(std::string_view name) const;
};

struct exchange_result {
  outcome result = outcome::unsent;
  http_response response;  ///< of `cut`: what came before
  std::string error;       ///< in words, empty if answered
  bool connected = false;  ///< a connection was there, new or kept
};

struct fetch_options {
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  std::size_t keep_body = 16u << 20;  ///< bytes of the body kept in the response; more are read and counted only
};

/// One request on a connection of its own, blocking. Never throws for anything the network does; thread safe.
/// Redirects are not followed, nothing is tried twice.
exchange_result fetch(const http_target& target, const http_request& request = {}, const fetch_options& options = {});

/// `count` requests, each on a fresh connection, at most `parallel` at a time, in no set order; blocking.
std::vector<exchange_result> fetch_many(const http_target& target, const http_request& request, std::size_t count,
                                        std::size_t parallel, const fetch_options& options);

/// The target at each address behind its host's name, no address twice; the Host field stays the name's. Blocking.
std::vector<http_target> addresses_of(const http_target& target, boost::system::error_code& error);

/// The version that answered: the field X-Canary-Version or, without it, `version` of a JSON object; "" if neither.
std::string version_of(const http_response& response);

}  // namespace canaryctl
