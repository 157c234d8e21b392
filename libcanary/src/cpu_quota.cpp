// SPDX-License-Identifier: BSL-1.0
#include "cpu_quota.hpp"

#include "quantities.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace canary::detail {

namespace {

namespace fs = std::filesystem;

/// Where a hierarchy of control groups is mounted, and which of its groups the mount shows at its top.
struct mount {
  fs::path top;
  fs::path point;
};

bool lists(std::string_view commas, std::string_view word) {
  while (!commas.empty()) {
    const auto end = std::min(commas.find(','), commas.size());
    if (commas.substr(0, end) == word) return true;
    commas.remove_prefix(std::min(end + 1, commas.size()));
  }
  return false;
}

/// From /proc/self/mountinfo: `id parent dev top point options [optional] - type source options`.
std::optional<mount> find_mount(const fs::path& root, bool v2) {
  std::ifstream in(root / "proc/self/mountinfo");
  for (std::string line; std::getline(in, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash));
    std::istringstream after(line.substr(dash + 3));
    std::string skip, top, point, type, source, options;
    before >> skip >> skip >> skip >> top >> point;
    after >> type >> source >> options;
    if (v2 ? type == "cgroup2" : type == "cgroup" && lists(options, "cpu")) return mount{top, point};
  }
  return {};
}

/// From /proc/self/cgroup: `0::/path` (v2) or `4:cpu,cpuacct:/path` (v1).
std::optional<fs::path> own_group(const fs::path& root, bool v2) {
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const bool mine = v2 ? controllers.empty() && line.starts_with("0:") : lists(controllers, "cpu");
    if (mine) return fs::path(line.substr(second + 1));
  }
  return {};
}

std::optional<double> ratio(std::string_view quota, std::string_view period) {
  const auto q = parse_number<long long>(quota);
  const auto p = parse_number<long long>(period);
  if (!q || !p || q.value <= 0 || p.value <= 0) return {};  // `max` and -1: no quota
  return static_cast<double>(q.value) / static_cast<double>(p.value);
}

std::optional<double> quota_of(const fs::path& group, bool v2) {
  std::string quota, period;
  if (v2) {
    std::ifstream(group / "cpu.max") >> quota >> period;
  } else {
    std::ifstream(group / "cpu.cfs_quota_us") >> quota;
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  }
  return ratio(quota, period);
}

/// The groups from this process's own to the mount's top. In a container the path may name what is mounted nowhere
/// (v1 without a namespace): then the top is the container's own group.
std::vector<fs::path> hierarchy(const fs::path& root, const mount& m, const fs::path& group) {
  const auto top = root / m.point.relative_path();
  auto below = group.lexically_relative(m.top);
  if (below.empty() || *below.begin() == "..") below = ".";
  std::vector<fs::path> out{top};
  auto at = top;
  for (const auto& part : below) {
    if (part == ".") continue;
    at /= part;
    out.push_back(at);
  }
  return out;
}

std::optional<double> tightest(const fs::path& root, bool v2) {
  const auto m = find_mount(root, v2);
  const auto group = own_group(root, v2);
  if (!m || !group) return {};
  std::optional<double> least;
  for (const auto& g : hierarchy(root, *m, *group)) {
    if (const auto q = quota_of(g, v2)) least = std::min(least.value_or(*q), *q);
  }
  return least;
}

unsigned affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(1U, std::thread::hardware_concurrency());  // more CPUs than the set has bits for
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const auto v2 = tightest(root, true);
  const auto v1 = tightest(root, false);
  return v1 && v2 ? std::min(*v1, *v2) : v1 ? v1 : v2;
}

unsigned default_threads(std::optional<double> quota, unsigned affinity) noexcept {
  constexpr double most = 256;
  if (quota) return static_cast<unsigned>(std::clamp(std::ceil(*quota), 1.0, most));
  return std::clamp(affinity, 1U, 4U);
}

unsigned default_threads(const fs::path& root) { return default_threads(cpu_quota(root), affinity()); }

}  // namespace canary::detail
