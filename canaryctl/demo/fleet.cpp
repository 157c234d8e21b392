// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/fleet.hpp"

#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace canaryctl::demo {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto start_bound = 20s;
/// Long enough for ten looks at /readyz, so that no request is on its way to a pod that has closed its listener.
constexpr auto drain_delay = "1s";
constexpr auto drain_timeout = "10s";
constexpr auto drain_bound = 15s;
constexpr auto end_bound = 4s;

std::vector<std::string> environment(const release& what, track side) {
  std::vector<std::string> result;
  for (char** one = environ; *one; ++one) {
    const std::string_view text = *one;
    if (!text.starts_with("APP_") && !text.starts_with("CANARY_")) result.emplace_back(text);
  }
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, std::string>>{{"APP_VERSION", what.version},
                                                                  {"APP_COLOR", what.color},
                                                                  {"APP_TRACK", to_string(side)},
                                                                  {"CANARY_HTTP_ADDRESS", "127.0.0.1"},
                                                                  {"CANARY_HTTP_PORT", "0"},
                                                                  {"CANARY_ADMIN_ADDRESS", "127.0.0.1"},
                                                                  {"CANARY_ADMIN_PORT", "0"},
                                                                  {"CANARY_THREADS", "1"},
                                                                  {"CANARY_DRAIN_DELAY", drain_delay},
                                                                  {"CANARY_DRAIN_TIMEOUT", drain_timeout},
                                                                  {"CANARY_HANDLER_TIMEOUT", "5s"},
                                                                  {"CANARY_FAULTS", "on"}})
    result.push_back(std::string(name) + "=" + value);
  return result;
}

std::string log_file(const std::filesystem::path& logs, const std::string& pod) {
  return (logs / (pod + ".log")).string();
}

std::string last_lines(const std::string& file, std::size_t count) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::string text;
  for (auto i = lines.size() - std::min(lines.size(), count); i < lines.size(); ++i) text += "\n  " + lines[i];
  return text;
}

}  // namespace

scratch_folder::scratch_folder() {
  auto name = (std::filesystem::temp_directory_path() / "canaryctl-demo-XXXXXX").string();
  if (!mkdtemp(name.data()))
    throw demo_error("cannot make a folder for logs in " + std::filesystem::temp_directory_path().string());
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

fleet::fleet(std::string app, std::filesystem::path logs, reverse_proxy& proxy, interruption& stop)
    : app_(std::move(app)), logs_(std::move(logs)), proxy_(proxy), stop_(stop) {}

fleet::~fleet() {
  for (auto& one : pods_) one.process.signal(SIGTERM);
  const auto bound = clock::now() + end_bound;
  const auto alive = [](pod& one) { return one.process.running(); };
  // A second signal ends a pod at once: after Ctrl-C there is nobody left to drain for.
  if (stop_.happened()) {
    std::this_thread::sleep_for(50ms);
    for (auto& one : pods_) one.process.signal(SIGTERM);
  }
  while (std::any_of(pods_.begin(), pods_.end(), alive) && clock::now() < bound) std::this_thread::sleep_for(10ms);
}

pod& fleet::launch(track side, const release& what) {
  pod_address address;
  address.name = what.version + "-" + std::to_string(next_++);
  address.version = what.version;
  address.track = side;
  try {
    return pods_.emplace_back(address, app_, environment(what, side), log_file(logs_, address.name));
  } catch (const std::system_error& error) {
    throw demo_error(error.what());
  }
}

void fleet::give_up(pod& one, const std::string& what) {
  throw demo_error("pod " + one.address.name + " " + what +
                   "; its log ends with:" + last_lines(log_file(logs_, one.address.name), 5));
}

void fleet::await_ports(pod& one) {
  const auto bound = clock::now() + start_bound;
  for (;; stop_.sleep(5ms)) {
    std::ifstream log(log_file(logs_, one.address.name));
    for (std::string line; std::getline(log, line) && !log.eof();) {
      boost::system::error_code ec;
      const auto value = boost::json::parse(line, ec);
      if (ec || !value.is_object()) continue;
      const auto& event = value.get_object();
      const auto* const http = event.if_contains("http_port");
      const auto* const admin = event.if_contains("admin_port");
      if (!http || !admin || !http->is_number() || !admin->is_number()) continue;
      one.address.http_port = http->to_number<std::uint16_t>();
      one.address.admin_port = admin->to_number<std::uint16_t>();
      if (one.address.http_port != 0 && one.address.admin_port != 0) return;
    }
    if (!one.process.running()) give_up(one, one.process.end() + " before it listened");
    if (clock::now() > bound) give_up(one, "did not say within 20 s where it listens");
  }
}

void fleet::await_ready(pod& one) {
  const auto bound = clock::now() + start_bound;
  for (;; stop_.sleep(5ms)) {
    for (const auto& seen : proxy_.counts().pods)
      if (seen.address.name == one.address.name && seen.ready) return;
    if (!one.process.running()) give_up(one, one.process.end() + " before it was ready");
    if (clock::now() > bound) give_up(one, "was not ready within 20 s");
  }
}

void fleet::start(track side, const release& what, std::size_t count) {
  std::vector<pod*> started;
  for (std::size_t i = 0; i < count; ++i) started.push_back(&launch(side, what));
  for (auto* const one : started) {
    await_ports(*one);
    proxy_.add_pod(one->address);
  }
  for (auto* const one : started) await_ready(*one);
}

std::vector<replacement> fleet::upgrade(track side, const release& to) {
  std::vector<std::list<pod>::iterator> old;
  for (auto one = pods_.begin(); one != pods_.end(); ++one)
    if (one->address.track == side) old.push_back(one);
  std::vector<replacement> done;
  for (const auto& leaving : old) {
    replacement step;
    const auto begun = clock::now();
    auto& coming = launch(side, to);
    await_ports(coming);
    proxy_.add_pod(coming.address);
    await_ready(coming);
    step.added = coming.address.name;
    step.removed = leaving->address.name;
    step.ready = clock::now() - begun;

    if (leaving->process.running()) {
      const auto term = clock::now();
      leaving->process.signal(SIGTERM);
      while (leaving->process.running()) {
        if (clock::now() - term > drain_bound) give_up(*leaving, "had not ended 15 s after SIGTERM");
        stop_.sleep(5ms);
      }
      step.drain = clock::now() - term;
      if (!leaving->process.ended_well())
        deaths_.push_back("pod " + step.removed + " " + leaving->process.end() + " when it was drained");
    } else {
      deaths_.push_back("pod " + step.removed + " " + leaving->process.end());
    }
    proxy_.remove_pod(step.removed);
    pods_.erase(leaving);
    done.push_back(step);
  }
  return done;
}

std::vector<pod_address> fleet::pods() const {
  std::vector<pod_address> result;
  for (const auto& one : pods_) result.push_back(one.address);
  return result;
}

std::vector<pod_address> fleet::pods(track side) const {
  auto result = pods();
  std::erase_if(result, [side](const pod_address& one) { return one.track != side; });
  return result;
}

std::vector<std::string> fleet::take_deaths() {
  for (auto one = pods_.begin(); one != pods_.end();) {
    if (one->process.running()) {
      ++one;
      continue;
    }
    deaths_.push_back("pod " + one->address.name + " " + one->process.end());
    proxy_.remove_pod(one->address.name);
    one = pods_.erase(one);
  }
  return std::exchange(deaths_, {});
}

std::string find_app(const std::string& asked) {
  namespace fs = std::filesystem;
  if (!asked.empty()) {
    if (access(asked.c_str(), X_OK) != 0 || fs::is_directory(asked))
      throw demo_error("--app: '" + asked + "': expected the path of the canary-app program");
    return fs::absolute(asked).string();
  }
  std::error_code ec;
  const auto here = fs::read_symlink("/proc/self/exe", ec).parent_path();
  std::string tried;
  for (const auto& place : {here / ".." / "app" / "canary-app", here / "canary-app", fs::path("/canary-app")}) {
    if (access(place.c_str(), X_OK) == 0) return fs::weakly_canonical(place).string();
    tried += "\n  " + place.lexically_normal().string();
  }
  throw demo_error("canary-app was not found; give its path with --app. Looked for:" + tried);
}

}  // namespace canaryctl::demo
