// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/report/measurements.hpp"

#include "canaryctl/cli/command.hpp"
#include "canaryctl/report/shape.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace canaryctl {
namespace json = boost::json;
namespace fs = std::filesystem;

measurements::measurements(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error) throw usage_error("--measurements: cannot read the folder '" + folder.string() + "': " + error.message());
  if (files.empty()) throw usage_error("--measurements: '" + folder.string() + "' holds no *.json file");
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    boost::system::error_code bad;
    auto value = json::parse(text, bad);
    if (!in || bad || !value.is_object()) {
      throw usage_error("--measurements: '" + file.string() + "' is no JSON object" +
                        (bad ? ": " + bad.message() : ""));
    }
    if (const auto mistake = mistake_in(file.stem().string(), value); !mistake.empty()) {
      throw usage_error("--measurements: '" + file.string() + "': " + mistake);
    }
    steps_[file.stem().string()] = std::move(value);
  }
}

const json::object* measurements::find(std::string_view name) const {
  const auto* step = steps_.if_contains(name);
  return step == nullptr ? nullptr : &step->get_object();
}

std::vector<std::string> measurements::names(std::string_view prefix) const {
  std::vector<std::string> found;
  for (const auto& [name, step] : steps_) {
    if (name.starts_with(prefix)) found.emplace_back(name);
  }
  return found;
}

}  // namespace canaryctl
