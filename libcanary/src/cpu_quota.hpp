// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <filesystem>
#include <optional>

namespace canary::detail {

/// The CPUs that the tightest cgroup quota of this process leaves it, from its own group up to the root, by cgroup v1
/// and v2; none without a quota.
/// \param root where /proc/self and the mount points are looked up, for tests
[[nodiscard]] std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// The I/O threads for CANARY_THREADS=0: the quota rounded up; without one, at most four of the CPUs that this process
/// may run on.
[[nodiscard]] unsigned default_threads(const std::filesystem::path& root = "/");
[[nodiscard]] unsigned default_threads(std::optional<double> quota, unsigned affinity) noexcept;

}  // namespace canary::detail
