// SPDX-License-Identifier: BSL-1.0
#include "process_metrics.hpp"

#include "support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <prometheus/metric_family.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include <unistd.h>

namespace {

std::map<std::string, double> collect(const canary::process_metrics& p) {
  std::map<std::string, double> values;
  for (const auto& f : p.Collect()) {
    const auto& m = f.metric.at(0);
    values[f.name] = f.type == prometheus::MetricType::Counter ? m.counter.value : m.gauge.value;
  }
  return values;
}

// A program's name may hold blanks and brackets; the fields start behind the last bracket.
constexpr const char* stat_line =
    "4242 (odd) name (x)) S 1 4242 4242 0 -1 4194560 600 0 1 0 250 150 0 0 20 0 7 0 5000 123456789 300 "
    "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
constexpr const char* limits =
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max cpu time              unlimited            unlimited            seconds   \n"
    "Max open files            1024                 524288               files     \n";

}  // namespace

BOOST_AUTO_TEST_SUITE(process_metrics)

BOOST_AUTO_TEST_CASE(values_are_those_of_proc_in_base_units) {
  const canary_test::temp_dir proc;
  proc.write("stat", "cpu  1 2 3\nintr 5 1 2\nbtime 1700000000\nprocesses 9\n");
  proc.write("self/stat", stat_line);
  proc.write("self/limits", limits);
  for (const auto* fd : {"0", "1", "2", "3"}) proc.write(std::filesystem::path("self/fd") / fd, "");
  const auto v = collect(canary::process_metrics(proc.path()));
  const auto tick = static_cast<double>(::sysconf(_SC_CLK_TCK));
  BOOST_TEST(v.size() == 7u);
  BOOST_TEST(v.at("process_cpu_seconds_total") == 400 / tick);
  BOOST_TEST(v.at("process_resident_memory_bytes") == 300.0 * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  BOOST_TEST(v.at("process_virtual_memory_bytes") == 123456789);
  BOOST_TEST(v.at("process_start_time_seconds") == 1700000000 + 5000 / tick);
  BOOST_TEST(v.at("process_threads") == 7);
  BOOST_TEST(v.at("process_open_fds") == 3);  // one of the four reads the folder
  BOOST_TEST(v.at("process_max_fds") == 1024);
}

BOOST_AUTO_TEST_CASE(unlimited_files_are_infinite) {
  const canary_test::temp_dir proc;
  proc.write("self/limits", "Max open files            unlimited            unlimited            files     \n");
  BOOST_TEST(std::isinf(collect(canary::process_metrics(proc.path())).at("process_max_fds")));
}

BOOST_AUTO_TEST_CASE(unreadable_or_damaged_files_leave_their_families_out) {
  const canary_test::temp_dir proc;
  BOOST_TEST(collect(canary::process_metrics(proc.path())).empty());
  proc.write("self/stat", "4242 (cut) S 1 2");
  proc.write("self/limits", "Max open files            many\n");
  BOOST_TEST(collect(canary::process_metrics(proc.path())).empty());
  proc.write("self/stat", "no bracket at all");
  BOOST_TEST(collect(canary::process_metrics(proc.path())).empty());
}

BOOST_AUTO_TEST_CASE(this_process_is_seen_as_it_is) {
  const canary::process_metrics p;
  const auto before = collect(p);
  BOOST_TEST(before.size() == 7u);
  {
    std::ifstream file("/proc/self/stat");
    BOOST_TEST(collect(p).at("process_open_fds") == before.at("process_open_fds") + 1);
  }
  BOOST_TEST(collect(p).at("process_open_fds") == before.at("process_open_fds"));

  // Burns CPU until the kernel's clock shows it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto now = before;
  while (now.at("process_cpu_seconds_total") <= before.at("process_cpu_seconds_total") &&
         std::chrono::steady_clock::now() < deadline)
    now = collect(p);
  BOOST_TEST(now.at("process_cpu_seconds_total") > before.at("process_cpu_seconds_total"));

  const auto epoch = std::chrono::system_clock::now().time_since_epoch();
  const double seconds = std::chrono::duration<double>(epoch).count();
  BOOST_TEST(before.at("process_start_time_seconds") <= seconds + 2);
  BOOST_TEST(before.at("process_start_time_seconds") > seconds - 3600);
  BOOST_TEST(before.at("process_resident_memory_bytes") > 1e6);
  BOOST_TEST(before.at("process_virtual_memory_bytes") > before.at("process_resident_memory_bytes"));

  std::map<std::string, double> with_thread;
  std::thread([&] { with_thread = collect(p); }).join();
  BOOST_TEST(with_thread.at("process_threads") == before.at("process_threads") + 1);
}

BOOST_AUTO_TEST_SUITE_END()
