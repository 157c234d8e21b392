// SPDX-License-Identifier: BSL-1.0
// Compiled once for the whole of canaryctl: half of a subcommand's compile time was reading these.
#include <CLI/CLI.hpp>

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
