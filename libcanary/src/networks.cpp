// SPDX-License-Identifier: BSL-1.0
#include "networks.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace canary::detail {

namespace {

constexpr unsigned v4_offset = 96;  // bits before an IPv4 address in its IPv6 form

std::uint8_t mask(unsigned bits, std::size_t byte) noexcept {
  const auto from = static_cast<unsigned>(byte) * 8;
  if (bits >= from + 8) return 0xff;
  return bits <= from ? 0 : static_cast<std::uint8_t>(0xff00U >> (bits - from));
}

}  // namespace

std::optional<ip_bytes> parse_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return {};
  std::ranges::copy(text, terminated.begin());
  ip_bytes out{};
  if (::inet_pton(AF_INET6, terminated.data(), out.data()) == 1) return out;
  in_addr v4{};
  if (::inet_pton(AF_INET, terminated.data(), &v4) != 1) return {};
  out = {};
  out[10] = out[11] = 0xff;
  std::memcpy(out.data() + 12, &v4, sizeof v4);
  return out;
}

parsed<networks::block> networks::parse(std::string_view text) {
  using result = parsed<block>;
  if (text.empty()) return result::bad("is empty");
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  const auto base = parse_address(host);
  if (!base) return result::bad("is no address");
  const bool v4 = host.find(':') == std::string_view::npos;
  block out{*base, 128};
  if (slash == std::string_view::npos) return {out, {}};

  const unsigned width = v4 ? 32 : 128;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  if (!bits || bits.value > width) return result::bad("has a prefix length that is not 0 to " + std::to_string(width));
  out.bits = bits.value + (v4 ? v4_offset : 0);
  for (std::size_t i = 0; i < out.base.size(); ++i) {
    if ((out.base[i] & ~mask(out.bits, i) & 0xff) != 0) return result::bad("has bits set behind its prefix");
  }
  return {out, {}};
}

networks::networks(std::span<const std::string> entries) {
  for (const auto& e : entries) {
    const auto b = parse(e);
    if (!b) throw std::invalid_argument("'" + e + "' " + b.problem);
    blocks_.push_back(b.value);
  }
}

bool networks::contains(const ip_bytes& address) const noexcept {
  constexpr ip_bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool v4 = std::equal(mapped.begin(), mapped.begin() + 12, address.begin());
  return std::ranges::any_of(blocks_, [&address, v4](const block& b) {
    if (v4 && b.bits < v4_offset) return false;  // ::/0 speaks of IPv6
    for (std::size_t i = 0; i < address.size() && i * 8 < b.bits; ++i) {
      if (((address[i] ^ b.base[i]) & mask(b.bits, i)) != 0) return false;
    }
    return true;
  });
}

bool networks::contains(std::string_view address) const noexcept {
  const auto a = parse_address(address);
  return a && contains(*a);
}

}  // namespace canary::detail
