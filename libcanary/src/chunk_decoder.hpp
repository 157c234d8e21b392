// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace canary::detail {

/// Decodes a chunked body (RFC 9112, section 7.1) from pieces of any size. Chunk extensions are checked and skipped,
/// trailer fields are checked and dropped: they never reach the header.
class chunk_decoder {
 public:
  enum class state { more, done, bad };

  struct limits {
    std::uint64_t body = 1024 * 1024;
    std::size_t extensions = 16 * 1024;  ///< of all chunks together
    std::size_t trailer = 16 * 1024;
  };

  chunk_decoder() noexcept : chunk_decoder(limits{}) {}
  explicit chunk_decoder(limits l) noexcept : limits_(l) {}

  struct step {
    state result;
    std::size_t consumed;  ///< all of it with `more`
  };
  /// Appends the data to `body`.
  step feed(std::string_view input, std::string& body);

  [[nodiscard]] unsigned error_status() const noexcept { return error_status_; }
  [[nodiscard]] const char* error_detail() const noexcept { return error_detail_; }

 private:
  enum class at {
    size_first,
    size,
    blanks,
    extension,
    size_feed,
    data,
    data_return,
    data_feed,
    trailer_line,
    trailer_name,
    trailer_value,
    trailer_feed,
    end_feed
  };
  bool take(char c);
  bool size_digit(char c);
  bool fail(unsigned status, const char* detail) noexcept;

  limits limits_;
  at at_ = at::size_first;
  std::uint64_t size_ = 0;   // of the chunk; what is left of it in `data`
  std::uint64_t total_ = 0;  // of the body
  std::size_t extensions_ = 0;
  std::size_t trailer_ = 0;
  bool named_ = false;  // the trailer field has a name
  bool done_ = false;
  unsigned error_status_ = 0;
  const char* error_detail_ = "";
};

}  // namespace canary::detail
