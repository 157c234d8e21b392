// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/cli/interruption.hpp"
#include "canaryctl/demo/child_process.hpp"
#include "canaryctl/demo/proxy.hpp"

#include <filesystem>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

namespace canaryctl::demo {

/// The story cannot go on; what() says why and where to look.
struct demo_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A folder of its own under $TMPDIR, removed with everything in it unless keep() was called.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

/// Which code a pod runs and how it shows itself.
struct release {
  std::string version;
  std::string color;
};

struct pod {
  pod(pod_address where, const std::string& app, const std::vector<std::string>& environment, const std::string& log)
      : address(std::move(where)), process(app, {}, environment, log) {}

  pod_address address;
  child_process process;
};

/// How long one pod's replacement took.
struct replacement {
  std::string added, removed;
  std::chrono::duration<double> ready{};  ///< from the start of the process until the proxy gave it requests
  std::chrono::duration<double> drain{};  ///< from SIGTERM until the process had ended
};

/// The app's processes behind the proxy. Use it from one thread.
class fleet {
 public:
  fleet(std::string app, std::filesystem::path logs, reverse_proxy& proxy, interruption& stop);
  ~fleet();  ///< SIGTERM to all, SIGKILL to those that take too long
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;

  /// Starts pods and returns when the proxy sees each of them ready.
  void start(track side, const release& what, std::size_t count);
  /// One pod after the other: the new one ready, then the old one drained by SIGTERM and gone.
  std::vector<replacement> upgrade(track side, const release& to);

  std::vector<pod_address> pods(track side) const;
  std::vector<pod_address> pods() const;
  /// Pods that ended without being asked to since the last call, in words; they leave the pool.
  std::vector<std::string> take_deaths();

 private:
  pod& launch(track side, const release& what);
  void await_ports(pod& one);
  void await_ready(pod& one);
  [[noreturn]] void give_up(pod& one, const std::string& what);

  std::string app_;
  std::filesystem::path logs_;
  reverse_proxy& proxy_;
  interruption& stop_;
  std::list<pod> pods_;
  std::vector<std::string> deaths_;
  int next_ = 1;
};

/// The app's program: `asked` if it is not empty, else beside this program. Throws demo_error that names the places.
std::string find_app(const std::string& asked);

}  // namespace canaryctl::demo
