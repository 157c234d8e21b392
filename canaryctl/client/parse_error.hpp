// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace canaryctl {

/// Why a text could not be read, in words for the person who wrote it.
struct parse_error {
  std::string what;
};

}  // namespace canaryctl
