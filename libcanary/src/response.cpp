// SPDX-License-Identifier: BSL-1.0
#include <canary/http.hpp>

#include "failure.hpp"

#include <boost/json/serialize.hpp>

namespace canary {

namespace {

response with_body(unsigned status, std::string content_type, std::string body) {
  response r;
  r.status = status;
  r.content_type = std::move(content_type);
  r.body = std::move(body);
  return r;
}

}  // namespace

response text(std::string body, unsigned status) {
  return with_body(status, "text/plain; charset=utf-8", std::move(body));
}

response html(std::string body, unsigned status) {
  return with_body(status, "text/html; charset=utf-8", std::move(body));
}

// JSON is UTF-8 by itself and its media types have no charset (RFC 8259, section 11).
response json(const boost::json::value& body, unsigned status) {
  return with_body(status, "application/json", boost::json::serialize(body));
}

response problem(unsigned status, std::string_view detail, std::string_view title) {
  return detail::failure(status, detail, {}, title);
}

}  // namespace canary
