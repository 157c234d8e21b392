// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "networks.hpp"

#include <canary/http.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace canary::detail {

/// Random identifiers of 32 hexadecimal digits, one generator a thread. Not for secrets.
class id_generator {
 public:
  id_generator();
  explicit id_generator(std::uint64_t seed) noexcept : state_(seed) {}

  [[nodiscard]] std::uint64_t number() noexcept;
  /// A new one, written to `to`.
  std::string_view id(std::array<char, 32>& to) noexcept;
  /// True with that probability.
  [[nodiscard]] bool chance(double share) noexcept;

 private:
  std::uint64_t state_;
};

/// Whether a caller's X-Request-Id can be taken over: 1 to 128 visible characters that need no quoting anywhere.
[[nodiscard]] bool is_sane_id(std::string_view id) noexcept;

/// `traceparent` of W3C Trace Context; empty where it is ill-formed.
[[nodiscard]] trace_context parse_traceparent(std::string_view text) noexcept;

/// The client behind trusted proxies: the last address of X-Forwarded-For's fields that no trusted proxy has; `peer`
/// where it is not trusted itself or the field tells nothing.
[[nodiscard]] std::string_view client_address(std::string_view peer, std::span<const field> fields,
                                              const networks& trusted) noexcept;

}  // namespace canary::detail
