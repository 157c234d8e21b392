// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/cli/output.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace canaryctl::demo {

struct demo_options {
  std::uint64_t pods = 4;
  std::uint64_t canaries = 1;
  std::uint64_t weight = 20;  ///< percent, 1..99: the story compares two tracks, so both need traffic
  double rate = 300;
  std::chrono::nanoseconds duration = std::chrono::seconds(30);  ///< of watching; starts and drains come on top
  std::uint64_t seed = 0;                                        ///< 0: a random one, which is printed
  std::uint64_t port = 8080;                                     ///< 0: the kernel chooses
  double error_rate = 0.05;                                      ///< of the bad canary
  std::string app;                                               ///< its program
  std::string report;                                            ///< empty: no file
  bool keep_logs = false;
  output_format output = output_format::text;
};

}  // namespace canaryctl::demo
