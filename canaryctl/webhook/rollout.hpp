// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/client/parse_error.hpp"

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <compare>
#include <map>
#include <string>
#include <string_view>

namespace canaryctl {

/// Which rollout is asked about. Two rollouts of one object differ by the checksum of what they roll out.
struct rollout_key {
  std::string name_space;
  std::string name;
  std::string checksum;
  /// What is under test, from the metadata `version` and `config`; empty: any pod of the canary's track.
  std::string version{};
  std::string config{};

  auto operator<=>(const rollout_key&) const = default;
};

/// "shop/web (6f9b5c...)": for logs and sentences.
std::string to_string(const rollout_key& key);

/// The text with `{namespace}` and `{name}` replaced by the rollout's; other braces are left alone.
std::string fill_in(std::string text, const rollout_key& key);

/// What a controller tells when it asks.
struct rollout_call {
  rollout_key key;
  std::string phase;  ///< of Flagger's Canary; empty from others
};

/// Reads the body that Flagger posts: {name, namespace, phase, checksum, metadata}. Further members are left alone, as
/// is metadata under other names. The error names the member, what it holds and what was expected.
boost::system::result<rollout_call, parse_error> parse_flagger(std::string_view body);

/// The same from an object or a query's parameters, where Argo Rollouts sends {namespace, name, checksum, version,
/// config}: all of them text.
boost::system::result<rollout_call, parse_error> parse_fields(const std::map<std::string, std::string>& fields);

/// The members of an object that are texts. The error names the first that is something else.
boost::system::result<std::map<std::string, std::string>, parse_error> text_members(std::string_view body);

}  // namespace canaryctl
