// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <prometheus/collectable.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace canary {

/// The standard `process_*` families, from /proc. What cannot be read is left out.
class process_metrics : public prometheus::Collectable {
 public:
  explicit process_metrics(std::filesystem::path proc = "/proc");

  /// Reads `self/stat`, `self/limits` and `self/fd` once.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::filesystem::path proc_;
  std::optional<double> boot_time_;  // seconds since the epoch
};

}  // namespace canary
