// SPDX-License-Identifier: BSL-1.0
#include <canary/config.hpp>

#include <boost/json/object.hpp>

namespace canary {

boost::json::object to_json(std::span<const setting> rows) {
  boost::json::object out;
  for (const auto& s : rows) out[s.name] = s.value;
  return out;
}

boost::json::object to_json(const config& c) {
  env_reader none;
  static_cast<void>(override_config(none, c));
  return to_json(none.settings());
}

}  // namespace canary
