// SPDX-License-Identifier: BSL-1.0
#include "chunk_decoder.hpp"

#include "characters.hpp"

#include <boost/url/grammar/hexdig_chars.hpp>

#include <algorithm>

namespace canary::detail {

bool chunk_decoder::fail(unsigned status, const char* detail) noexcept {
  error_status_ = status;
  error_detail_ = detail;
  return false;
}

chunk_decoder::step chunk_decoder::feed(std::string_view input, std::string& body) {
  std::size_t i = 0;
  while (i < input.size() && !done_) {
    if (at_ == at::data) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size_, input.size() - i));
      body.append(input.data() + i, n);
      i += n;
      size_ -= n;
      if (size_ == 0) at_ = at::data_return;
    } else if (!take(input[i++])) {
      return {state::bad, i};
    }
  }
  return {done_ ? state::done : state::more, i};
}

bool chunk_decoder::size_digit(char c) {
  const int digit = boost::urls::grammar::hexdig_value(c);
  if (digit < 0) return fail(400, "a chunk's size is not a hexadecimal number");
  size_ = size_ * 16 + static_cast<unsigned>(digit);
  if (size_ > limits_.body - total_) return fail(413, "the body is larger than this server takes");
  // A run of leading zeros is no size of a chunk that anybody sends.
  if (++extensions_ > limits_.extensions) return fail(400, "more chunk framing than this server takes");
  at_ = at::size;
  return true;
}

bool chunk_decoder::take(char c) {
  switch (at_) {
    case at::size_first:
      return size_digit(c);
    case at::size:
      if (c == '\r') return at_ = at::size_feed, true;
      if (c == ';') return at_ = at::extension, true;
      if (c == ' ' || c == '\t') return at_ = at::blanks, true;
      return size_digit(c);
    case at::blanks:
      if (c == ';') return at_ = at::extension, true;
      if (c != ' ' && c != '\t') return fail(400, "a chunk's size is not a hexadecimal number");
      return ++extensions_ <= limits_.extensions || fail(400, "more chunk framing than this server takes");
    case at::extension:
      if (c == '\r') return at_ = at::size_feed, true;
      if (!is_value_char(c)) return fail(400, "a chunk extension holds a control character");
      return ++extensions_ <= limits_.extensions || fail(400, "more chunk framing than this server takes");
    case at::size_feed:
      if (c != '\n') return fail(400, "a chunk's size does not end with CR LF");
      total_ += size_;
      at_ = size_ == 0 ? at::trailer_line : at::data;
      return true;
    case at::data_return:
      at_ = at::data_feed;
      return c == '\r' || fail(400, "a chunk is longer than its size says");
    case at::data_feed:
      at_ = at::size_first;
      return c == '\n' || fail(400, "a chunk's data does not end with CR LF");
    case at::trailer_line:
      if (c == '\r') return at_ = at::end_feed, true;
      at_ = at::trailer_name;
      named_ = false;
      [[fallthrough]];
    case at::trailer_name:
      if (++trailer_ > limits_.trailer) return fail(431, "the trailer is larger than this server takes");
      if (c == ':' && named_) return at_ = at::trailer_value, true;
      named_ = true;
      return is_token_char(c) || fail(400, "a trailer field's name is not a token");
    case at::trailer_value:
      if (++trailer_ > limits_.trailer) return fail(431, "the trailer is larger than this server takes");
      if (c == '\r') return at_ = at::trailer_feed, true;
      return is_value_char(c) || fail(400, "a trailer field's value holds a control character");
    case at::trailer_feed:
      at_ = at::trailer_line;
      return c == '\n' || fail(400, "a trailer line does not end with CR LF");
    case at::end_feed:
      done_ = true;
      return c == '\n' || fail(400, "the trailer does not end with CR LF");
    case at::data:
      break;
  }
  return true;
}

}  // namespace canary::detail
