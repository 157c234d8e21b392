// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/smoke_run.hpp"

#include <boost/json/array.hpp>

#include <iostream>
#include <map>
#include <thread>
#include <utility>

namespace canaryctl {
namespace json = boost::json;

namespace {

/// One look at all addresses.
struct sweep {
  std::string lookup_error;
  std::map<std::string, smoke_run> runs;  ///< by address

  bool counted(const smoke_command& command) const {
    return runs.size() == command.count || (command.or_more && runs.size() > command.count);
  }
  bool passed(const smoke_command& command) const {
    return counted(command) &&
           std::all_of(runs.begin(), runs.end(), [](const auto& one) { return one.second.passed(); });
  }
};

sweep look(const smoke_command& command) {
  sweep out;
  boost::system::error_code error;
  const auto found = addresses_of(command.target, error);
  if (error) out.lookup_error = "cannot resolve '" + command.target.host + "': " + error.message();
  for (const auto& target : found) {
    auto one = command;
    one.target = target;
    one.admin.host = target.host;
    out.runs[target.host] = run_checks(one);
  }
  return out;
}

std::string wanted(const smoke_command& command) {
  return std::to_string(command.count) + (command.or_more ? " or more" : "");
}

void print(const sweep& last, const smoke_command& command, exit_code code) {
  for (const auto& [address, run] : last.runs) {
    const auto failed =
        std::count_if(run.checks.begin(), run.checks.end(), [](const auto& one) { return !one.passed; });
    std::cout << (failed == 0 ? "pass" : "FAIL") << "  " << address << ": " << run.checks.size() << " checks, "
              << failed << " failed\n";
    for (const auto& check : run.checks) {
      if (check.passed) continue;
      std::cout << "        " << check.name << "\n          expected " << check.expected << "\n          found    "
                << check.found << '\n';
    }
  }
  std::cout << (last.counted(command) ? "pass" : "FAIL") << "  addresses of " << command.target.host << ": expected "
            << wanted(command) << ", found " << last.runs.size() << '\n'
            << to_string(code) << '\n';
}

json::object to_json(const sweep& last, const smoke_command& command, std::uint64_t attempts, exit_code code) {
  json::object out;
  out["target"] = command.target.text;
  out["attempts"] = attempts;
  out["expected_count"] = command.count;
  out["or_more"] = command.or_more;
  json::array targets;
  for (const auto& [address, run] : last.runs) {
    json::array checks;
    for (const auto& check : run.checks) {
      checks.push_back(json::object{
          {"name", check.name}, {"passed", check.passed}, {"expected", check.expected}, {"found", check.found}});
    }
    targets.push_back(json::object{{"address", address}, {"passed", run.passed()}, {"checks", std::move(checks)}});
  }
  out["targets"] = std::move(targets);
  add_verdict(out, code);
  return out;
}

}  // namespace

exit_code smoke_each(const smoke_command& command) {
  const auto end = std::chrono::steady_clock::now() + command.deadline;
  std::uint64_t attempts = 1;
  auto last = look(command);
  for (; !last.passed(command) && std::chrono::steady_clock::now() + command.retry_delay < end; ++attempts) {
    std::this_thread::sleep_for(command.retry_delay);
    last = look(command);
  }
  const bool reached =
      std::any_of(last.runs.begin(), last.runs.end(), [](const auto& one) { return one.second.connected; });
  const auto code = last.passed(command) ? exit_code::pass : reached ? exit_code::fail : exit_code::unreachable;
  if (command.output == output_format::json) {
    write_json(std::cout, to_json(last, command, attempts, code));
  } else {
    print(last, command, code);
  }
  if (code == exit_code::unreachable) {
    std::string why = last.lookup_error;
    for (const auto& [address, run] : last.runs) why = why.empty() ? address + ": " + run.first_error : why;
    std::cerr << "canaryctl smoke: " << command.target.text << " could not be reached: " << why << '\n';
  }
  return code;
}

}  // namespace canaryctl
