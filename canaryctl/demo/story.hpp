// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/cli/interruption.hpp"
#include "canaryctl/demo/fleet.hpp"
#include "canaryctl/demo/options.hpp"
#include "canaryctl/demo/proxy.hpp"
#include "canaryctl/demo/scrape.hpp"
#include "canaryctl/demo/screen.hpp"
#include "canaryctl/demo/traffic.hpp"
#include "canaryctl/exit_codes.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace canaryctl::demo {

/// The canary story: pods, proxy, traffic without pause, and six steps, each measured and written into report().
class story {
 public:
  /// Starts the pods; throws demo_error when they cannot be had, interrupted on Ctrl-C.
  story(const demo_options& options, screen& out, interruption& stop);

  exit_code run();
  /// Keeps serving and shows the live split until Ctrl-C.
  void stay();

  /// What the steps measured so far, in the shape of docs/answers.schema.json.
  const boost::json::object& report() const { return report_; }
  std::string address() const;
  const std::filesystem::path& logs() const { return scratch_.path(); }

 private:
  using seconds = std::chrono::duration<double>;

  void split();                                                                                                 // 1
  void metrics();                                                                                               // 2
  void replace(int number, const std::string& title, const char* key, const release& from, const release& to);  // 3, 4
  void bad_canary();                                                                                            // 5
  void budget();                                                                                                // 6

  /// Lets time pass with a line of progress, and notes pods that died.
  void watch(seconds time, const std::function<std::string()>& progress);
  void note_deaths();
  void demand(bool good, const std::string& text);
  void set_faults(bool on);
  std::map<std::string, version_rates> since(const scrape& earlier);
  std::string split_line(const traffic_counts& counts) const;

  const demo_options options_;
  screen& out_;
  interruption& stop_;
  scratch_folder scratch_;
  reverse_proxy proxy_;
  fleet fleet_;
  std::optional<traffic> traffic_;
  std::chrono::steady_clock::time_point begun_;
  boost::json::object report_;
  std::vector<std::string> deaths_;
  std::uint64_t injected_ = 0;  // errors that step 5 asked for and the client met
  bool failed_ = false;
  bool undecided_ = false;
};

}  // namespace canaryctl::demo
