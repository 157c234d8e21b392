// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace canary::detail {

// The ranges of fault_settings, the same for the environment and for `PUT /api/faults`.
inline constexpr unsigned fault_status_min = 400;
inline constexpr unsigned fault_status_max = 599;
inline constexpr std::chrono::microseconds fault_latency_max = std::chrono::minutes(10);
inline constexpr std::chrono::milliseconds fault_ttl_min{1};
inline constexpr std::chrono::milliseconds fault_ttl_max = std::chrono::hours(24);
inline constexpr std::uint64_t fault_seed_max = std::numeric_limits<std::uint64_t>::max();

}  // namespace canary::detail
