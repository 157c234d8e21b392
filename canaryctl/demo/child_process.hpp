// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace canaryctl::demo {

/// A program in a process group of its own, with its standard error (and output) in a file. It cannot outlive this
/// object, nor the thread that started it: the kernel kills it then, even when this process is killed by SIGKILL.
/// Start and use it from one thread that lives as long.
class child_process {
 public:
  /// `environment` is complete (NAME=value). Throws std::system_error when the program cannot be run.
  child_process(const std::string& program, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment, const std::string& log_file);
  ~child_process();  ///< SIGKILL, if it still runs
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  /// The end in words, once running() is false: "ended with 0", "was killed by SIGKILL".
  std::string end() const;
  bool ended_well() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace canaryctl::demo
