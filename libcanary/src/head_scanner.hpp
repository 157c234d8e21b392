// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace canary::detail {

/// Reads the head of a request from raw bytes to the letter of RFC 9112, before anything of it is used. Stricter than
/// the RFC asks where leniency lets two parsers disagree: a line ends with CR LF only, Content-Length stands once,
/// Transfer-Encoding is `chunked` and nothing else.
///
/// It keeps offsets, not pointers, so the buffer may move between two calls.
class head_scanner {
 public:
  enum class state { more, done, bad };

  struct limits {
    std::size_t head = 16 * 1024;
    std::uint64_t body = 1024 * 1024;
  };

  explicit head_scanner(limits l) noexcept : limits_(l) {}

  /// Goes on where it stopped; `data` begins with the request's first byte and holds all that was read of it.
  state scan(const char* data, std::size_t size);
  /// For the next request.
  void reset() noexcept;

  /// Nothing was scanned since the last reset.
  [[nodiscard]] bool fresh() const noexcept { return searched_ == 0; }

  // With `bad`:
  [[nodiscard]] unsigned error_status() const noexcept { return error_status_; }
  [[nodiscard]] const char* error_detail() const noexcept { return error_detail_; }

  // With `done`:
  /// Bytes of the head, its empty line included.
  [[nodiscard]] std::size_t size() const noexcept { return line_; }
  [[nodiscard]] bool chunked() const noexcept { return chunked_; }
  [[nodiscard]] std::uint64_t content_length() const noexcept { return content_length_; }
  [[nodiscard]] bool keep_alive() const noexcept { return version_ == 10 ? keep_alive_ && !close_ : !close_; }
  [[nodiscard]] bool expects_continue() const noexcept { return expect_continue_ && version_ == 11; }

  // Also with `bad`, as far as it came:
  [[nodiscard]] canary::method method() const noexcept { return method_; }
  [[nodiscard]] unsigned version() const noexcept { return version_; }

  /// Fills method, target, path, query, version and the fields, whose views go into `data`.
  void fill(request& r, std::vector<field>& fields, const char* data) const;

 private:
  struct span {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct field_span {
    span name;
    span value;
  };

  state fail(unsigned status, const char* detail) noexcept;
  state too_big() noexcept;
  bool request_line(std::string_view line);
  bool target_form(std::string_view target);
  bool authority(std::string_view text, bool port_required);
  bool header_line(std::string_view line);
  bool known_field(std::string_view name, std::string_view value);
  bool content_length_field(std::string_view value);
  bool transfer_encoding_field(std::string_view value);
  bool connection_field(std::string_view value);
  bool finish();
  [[nodiscard]] span at(std::string_view part) const noexcept;

  limits limits_;
  const char* data_ = nullptr;  // of the running scan()
  std::size_t line_ = 0;        // where the line being read begins
  std::size_t searched_ = 0;    // no line feed before this
  bool has_request_line_ = false;
  unsigned error_status_ = 0;
  const char* error_detail_ = "";

  canary::method method_ = canary::method::other;
  unsigned version_ = 11;
  span method_name_, target_, path_, query_;
  std::vector<field_span> fields_;
  unsigned hosts_ = 0;
  bool has_length_ = false;
  bool has_coding_ = false;
  bool chunked_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expect_continue_ = false;
  std::uint64_t content_length_ = 0;
};

}  // namespace canary::detail
