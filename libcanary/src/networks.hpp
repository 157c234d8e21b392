// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "quantities.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace canary::detail {

/// An IPv6 address in network order; IPv4 as ::ffff:a.b.c.d, as a dual-stack socket names it.
using ip_bytes = std::array<std::uint8_t, 16>;

/// An IPv4 or IPv6 address without a zone, or none.
[[nodiscard]] std::optional<ip_bytes> parse_address(std::string_view text) noexcept;

/// Addresses and CIDR blocks, as of CANARY_TRUSTED_PROXIES.
class networks {
 public:
  struct block {
    ip_bytes base{};
    unsigned bits = 128;
  };
  /// `10.0.0.0/8`, `fd00::/8`, `192.0.2.1`.
  [[nodiscard]] static parsed<block> parse(std::string_view text);

  networks() = default;
  /// \throws std::invalid_argument naming an entry that is none.
  explicit networks(std::span<const std::string> entries);

  [[nodiscard]] bool empty() const noexcept { return blocks_.empty(); }
  [[nodiscard]] bool contains(const ip_bytes& address) const noexcept;
  /// False for what is no address, too.
  [[nodiscard]] bool contains(std::string_view address) const noexcept;

 private:
  std::vector<block> blocks_;
};

}  // namespace canary::detail
