// SPDX-License-Identifier: BSL-1.0
#include "service_links.hpp"

#include "networks.hpp"
#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace canary::detail {

namespace {

constexpr std::array<std::string_view, 3> protocols{"tcp", "udp", "sctp"};

bool is_port(std::string_view text) { return static_cast<bool>(parse_number<std::uint16_t>(text)); }

/// `tcp://10.0.0.1:80`, `udp://[fd00::1]:53`.
bool is_link_url(std::string_view text) {
  const auto scheme = text.find("://");
  const auto colon = text.rfind(':');
  if (scheme == std::string_view::npos || colon < scheme + 3) return false;
  if (std::ranges::find(protocols, text.substr(0, scheme)) == protocols.end()) return false;
  auto host = text.substr(scheme + 3, colon - scheme - 3);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return parse_address(host).has_value() && is_port(text.substr(colon + 1));
}

/// The part behind `X_PORT_`: `80_TCP`, `80_TCP_ADDR`, …
bool is_numbered_port(std::string_view rest, std::string_view value) {
  const auto bar = rest.find('_');
  if (bar == std::string_view::npos || !is_port(rest.substr(0, bar))) return false;
  rest.remove_prefix(bar + 1);
  const auto end = std::min(rest.find('_'), rest.size());
  const auto protocol = rest.substr(0, end);
  if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") return false;
  const auto what = rest.substr(end);
  if (what.empty()) return is_link_url(value);
  if (what == "_ADDR") return parse_address(value).has_value();
  if (what == "_PORT") return is_port(value);
  return what == "_PROTO" && std::ranges::find(protocols, value) != protocols.end();
}

}  // namespace

bool is_service_link(std::string_view name, std::string_view value) noexcept {
  if (name.ends_with("_SERVICE_HOST")) return parse_address(value).has_value();
  if (name.ends_with("_SERVICE_PORT") || name.find("_SERVICE_PORT_") != std::string_view::npos) return is_port(value);
  if (name.ends_with("_PORT") && is_link_url(value)) return true;
  const auto port = name.find("_PORT_");
  return port != std::string_view::npos && is_numbered_port(name.substr(port + 6), value);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // A replaced character costs two: CANARY_PORT is nearer to CANARY_HTTP_PORT than to a name of its own length.
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = a[i - 1] == b[j - 1] ? diagonal : 1 + std::min(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace canary::detail
