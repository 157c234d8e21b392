// SPDX-License-Identifier: BSL-1.0
// Compiled once for the whole of canaryctl. Not CLI11: its constants would be initialised, and compiled, in every file.
#include <boost/json.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
