// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

struct series {
  std::string name;
  std::vector<std::pair<double, double>> points;
  bool dashed = false;
};

struct chart {
  std::string title;
  std::string x;
  std::string y;
  bool log_x = false;
  bool log_y = false;
  std::vector<series> lines;
};

/// A line chart, readable on white and on black, with its own light background.
[[nodiscard]] std::string draw(const chart& c);

}  // namespace bench
