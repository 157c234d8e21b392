// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/http.hpp>

#include <ctime>
#include <string>
#include <string_view>

namespace canary::detail {

/// What a connection adds to a handler's answer.
struct framing {
  bool keep_alive = true;
  unsigned version = 11;        ///< of the request
  bool head = false;            ///< the request's method was HEAD
  std::string_view date;        ///< the whole line
  std::string_view extra;       ///< whole lines that every answer carries
  std::string_view request_id;  ///< empty: no field
};

/// Why a handler's answer cannot be sent, or null: its status is no final one, or a field would break the framing.
[[nodiscard]] const char* unsendable(const response& r) noexcept;

/// Whether the handler asks to close the connection.
[[nodiscard]] bool wants_close(const response& r) noexcept;

/// Appends the head, and the body too where it is small. \returns the body that has still to be sent: a view of `r`.
[[nodiscard]] std::string_view write_response(std::string& out, const response& r, const framing& f);

/// The Date line of one second.
class date_line {
 public:
  [[nodiscard]] std::string_view of(std::time_t now) {
    if (now != second_) renew(now);
    return line_;
  }

 private:
  void renew(std::time_t now);
  std::time_t second_ = -1;
  std::string line_;
};

}  // namespace canary::detail
