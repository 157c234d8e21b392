// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canary_test {

/// One sample line of the Prometheus text format 0.0.4.
struct sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// The samples of a scrape, and the types that its comments give.
class exposition {
 public:
  /// \throws std::runtime_error naming the line that is none of the format's.
  explicit exposition(std::string_view text);

  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }
  [[nodiscard]] const std::map<std::string, std::string>& types() const noexcept { return types_; }

  /// All samples of that name that have these labels, maybe with others.
  [[nodiscard]] std::vector<sample> all(std::string_view name,
                                        const std::map<std::string, std::string>& labels = {}) const;
  /// The value of the only such sample; none where there is none or more than one.
  [[nodiscard]] std::optional<double> value(std::string_view name,
                                            const std::map<std::string, std::string>& labels = {}) const;

 private:
  std::vector<sample> samples_;
  std::map<std::string, std::string> types_;
};

}  // namespace canary_test
