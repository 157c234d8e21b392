// SPDX-License-Identifier: BSL-1.0
#include "cpu_quota.hpp"

#include "support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <sched.h>

using canary::detail::cpu_quota;
using canary::detail::default_threads;
using canary_test::temp_dir;

namespace {

constexpr auto v2_mount = "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr auto v1_mount = "40 39 0:35 / /sys/fs/cgroup/cpu,cpuacct rw shared:16 - cgroup cgroup rw,cpu,cpuacct\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(cpu_quotas)

BOOST_AUTO_TEST_CASE(the_tightest_quota_of_the_hierarchy_counts) {
  const temp_dir m;
  m.write("proc/self/mountinfo", v2_mount);
  m.write("proc/self/cgroup", "0::/kubepods/pod1/app\n");
  m.write("sys/fs/cgroup/kubepods/cpu.max", "800000 100000\n");
  m.write("sys/fs/cgroup/kubepods/pod1/cpu.max", "150000 100000\n");
  m.write("sys/fs/cgroup/kubepods/pod1/app/cpu.max", "max 100000\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 1.5);
  BOOST_TEST(default_threads(m.path()) == 2U);
  m.write("sys/fs/cgroup/kubepods/pod1/app/cpu.max", "50000 100000\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 0.5);
  m.write("sys/fs/cgroup/kubepods/cpu.max", "40000 100000\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 0.4);
}

BOOST_AUTO_TEST_CASE(a_namespaced_container_finds_its_quota_at_the_top) {
  const temp_dir m;
  m.write("proc/self/mountinfo", v2_mount);
  m.write("proc/self/cgroup", "0::/\n");
  m.write("sys/fs/cgroup/cpu.max", "300000 100000\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 3.0);
  m.write("proc/self/cgroup", "0::/../../elsewhere\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 3.0);
}

BOOST_AUTO_TEST_CASE(version_1_is_read_too) {
  const temp_dir m;
  m.write("proc/self/mountinfo", v1_mount);
  m.write("proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/docker/abc\n1:cpuset:/y\n");
  m.write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
  m.write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 2.5);
  m.write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
  BOOST_TEST(!cpu_quota(m.path()).has_value());
}

BOOST_AUTO_TEST_CASE(a_version_1_container_sees_its_own_group_as_the_mount) {
  const temp_dir m;
  m.write("proc/self/mountinfo", "40 39 0:35 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
  m.write("proc/self/cgroup", "4:cpu:/docker/abc\n");
  m.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  m.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  BOOST_TEST(cpu_quota(m.path()).value() == 1.0);
}

BOOST_AUTO_TEST_CASE(without_a_quota_at_most_four_of_the_allowed_cpus) {
  BOOST_TEST(default_threads(std::nullopt, 0) == 1U);
  BOOST_TEST(default_threads(std::nullopt, 1) == 1U);
  BOOST_TEST(default_threads(std::nullopt, 4) == 4U);
  BOOST_TEST(default_threads(std::nullopt, 5) == 4U);
  BOOST_TEST(default_threads(0.1, 8) == 1U);
  BOOST_TEST(default_threads(1.0, 8) == 1U);
  BOOST_TEST(default_threads(1.01, 8) == 2U);
  BOOST_TEST(default_threads(1000.0, 8) == 256U);
  const temp_dir empty;
  BOOST_TEST(!cpu_quota(empty.path()).has_value());
  cpu_set_t set;
  CPU_ZERO(&set);
  BOOST_REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
  BOOST_TEST(default_threads(empty.path()) == static_cast<unsigned>(std::min(4, CPU_COUNT(&set))));
}

BOOST_AUTO_TEST_CASE(nonsense_in_the_files_is_no_quota) {
  const temp_dir m;
  m.write("proc/self/mountinfo", v2_mount);
  m.write("proc/self/cgroup", "0::/\n");
  for (const auto* text : {"", "max", "max 100000", "0 100000", "100000", "100000 0", "x y", "-5 100000"}) {
    m.write("sys/fs/cgroup/cpu.max", text);
    BOOST_TEST(!cpu_quota(m.path()).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
