// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace canary::detail {

/// The bytes of a connection that were read and not yet used. Grows by need, is kept, and gives a large block back when
/// it is empty.
class input_buffer {
 public:
  [[nodiscard]] std::string_view data() const noexcept { return {block_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

  /// Room for at least `want` more bytes behind the data, which may move.
  void reserve(std::size_t want) {
    if (begin_ == end_) {
      begin_ = end_ = 0;
      if (capacity_ > keep) release();
    }
    if (capacity_ - end_ >= want) return;
    const auto used = end_ - begin_;
    if (capacity_ - used >= want && begin_ > 0) {
      std::memmove(block_.get(), block_.get() + begin_, used);
    } else {
      const auto larger = std::max({first, capacity_ * 2, used + want});
      std::unique_ptr<char[]> block(new char[larger]);
      if (used > 0) std::memcpy(block.get(), block_.get() + begin_, used);
      block_ = std::move(block);
      capacity_ = larger;
    }
    begin_ = 0;
    end_ = used;
  }
  [[nodiscard]] char* room() noexcept { return block_.get() + end_; }
  [[nodiscard]] std::size_t room_size() const noexcept { return capacity_ - end_; }
  void added(std::size_t n) noexcept { end_ += n; }
  void consume(std::size_t n) noexcept { begin_ += n; }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Keeps the first `n` bytes only.
  void truncate(std::size_t n) noexcept { end_ = begin_ + n; }

 private:
  static constexpr std::size_t first = 4096;
  static constexpr std::size_t keep = 32 * 1024;

  void release() noexcept {
    block_.reset();
    capacity_ = 0;
  }

  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace canary::detail
