// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/object.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace canaryctl {

/// What the steps of a run measured: one JSON object a step, named after its file.
class measurements {
 public:
  /// Reads FOLDER/*.json. Throws usage_error naming the folder or file that cannot be read as an object, or the
  /// file, the member and what was expected where a step lacks what a report reads.
  explicit measurements(const std::filesystem::path& folder);

  /// The step's object, or nullptr if that step was not run.
  const boost::json::object* find(std::string_view name) const;

  /// The names that begin with `prefix`, in order.
  std::vector<std::string> names(std::string_view prefix) const;

 private:
  boost::json::object steps_;
};

}  // namespace canaryctl
