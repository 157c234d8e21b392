// SPDX-License-Identifier: BSL-1.0
#include "process_metrics.hpp"

#include "families.hpp"
#include "quantities.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

#include <unistd.h>

namespace canary {

namespace {

std::string read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<double> number(std::string_view text) {
  const auto n = detail::parse_number<std::uint64_t>(text);
  return n ? std::optional(static_cast<double>(n.value)) : std::nullopt;
}

std::vector<std::string_view> words(std::string_view text) {
  constexpr std::string_view space = " \t\n";
  std::vector<std::string_view> found;
  for (auto begin = text.find_first_not_of(space); begin != text.npos; begin = text.find_first_not_of(space)) {
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(space), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return found;
}

// The words behind a line's name, from a file with one name a line.
std::vector<std::string_view> line(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (const auto l = text.substr(0, end); l.starts_with(name)) return words(l.substr(name.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::optional<double> open_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::size_t n = 0;
  for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) ++n;
  if (error) return std::nullopt;
  // Without the descriptor that reads the folder.
  return static_cast<double>(n > 0 ? n - 1 : 0);
}

std::optional<double> max_files(const std::string& limits) {
  const auto found = line(limits, "Max open files");
  if (found.empty()) return std::nullopt;
  return found[0] == "unlimited" ? std::numeric_limits<double>::infinity() : number(found[0]);
}

}  // namespace

// The boot time is read once: the file has a word for every interrupt of the machine, and the time does not change.
process_metrics::process_metrics(std::filesystem::path proc) : proc_(std::move(proc)) {
  const std::string stat = read_all(proc_ / "stat");
  if (const auto found = line(stat, "btime "); !found.empty()) boot_time_ = number(found[0]);
}

std::vector<prometheus::MetricFamily> process_metrics::Collect() const {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> all;
  const auto add = [&all](const char* name, const char* help, MetricType type, std::optional<double> value) {
    if (value) all.push_back(single(name, help, type, *value));
  };

  // proc(5) counts the fields from 1; these start at the third, behind a program name that may hold anything.
  const std::string stat = read_all(proc_ / "self" / "stat");
  const auto fields = words(std::string_view(stat).substr(std::min(stat.rfind(')') + 1, stat.size())));
  const auto field = [&fields](std::size_t n) { return n - 3 < fields.size() ? number(fields[n - 3]) : std::nullopt; };
  const auto scaled = [](std::optional<double> n, double by) { return n ? std::optional(*n * by) : n; };
  const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));

  std::optional<double> cpu, start;
  if (const auto user = field(14), system = field(15); user && system) cpu = (*user + *system) * tick;
  if (const auto since_boot = field(22); since_boot && boot_time_) start = *boot_time_ + *since_boot * tick;

  add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::Counter, cpu);
  add("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge, scaled(field(24), page));
  add("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge, field(23));
  add("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, open_files(proc_ / "self" / "fd"));
  add("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
      max_files(read_all(proc_ / "self" / "limits")));
  add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", MetricType::Gauge, start);
  add("process_threads", "Number of threads of the process.", MetricType::Gauge, field(20));
  return all;
}

}  // namespace canary
