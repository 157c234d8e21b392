// SPDX-License-Identifier: BSL-1.0
#include "failure.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace canary::detail {

std::string what(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "what is no std::exception was thrown";
  }
}

response failure(unsigned status, std::string_view detail, std::string_view request_id, std::string_view title) {
  namespace http = boost::beast::http;
  boost::json::object members{{"type", "about:blank"}};
  if (!title.empty()) {
    members["title"] = title;
  } else if (const auto known = http::int_to_status(status); known != http::status::unknown) {
    const auto reason = http::obsolete_reason(known);
    members["title"] = boost::json::string_view(reason.data(), reason.size());
  }
  members["status"] = status;
  if (!detail.empty()) members["detail"] = detail;
  if (!request_id.empty()) members["request_id"] = request_id;
  response r;
  r.status = status;
  r.content_type = "application/problem+json";
  r.body = boost::json::serialize(members);
  return r;
}

response failure_of(const std::exception_ptr& thrown, std::string_view request_id) {
  try {
    std::rethrow_exception(thrown);
  } catch (const blocking_queue_full&) {
    return failure(503, "the service is busy", request_id).header("Retry-After", "1");
  } catch (...) {
    return failure(500, "the service failed", request_id);
  }
}

response without_handler(const router::match& m, std::string_view path, std::string_view request_id) {
  if (m.result == router::outcome::not_found && path != "*")
    return failure(404, "there is nothing at this path", request_id);
  response r;
  if (m.result == router::outcome::method_not_allowed)
    r = failure(405, "this path does not answer to the method", request_id);
  else
    r.status = 204;
  if (m.result != router::outcome::not_found) r.header("Allow", std::string(m.allow));
  return r;
}

}  // namespace canary::detail
