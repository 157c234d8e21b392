// SPDX-License-Identifier: BSL-1.0
#include "failure.hpp"

#include <boost/beast/http/status.hpp>

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

boost::json::object problem_members(unsigned status, std::string_view detail, std::string_view title) {
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
  return members;
}

}  // namespace canary::detail
