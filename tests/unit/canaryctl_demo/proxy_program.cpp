// SPDX-License-Identifier: BSL-1.0
// The demo's proxy alone, for tests that put servers of their own behind it. Commands come on stdin, one a line;
// each is answered by one line of JSON on stdout:
//   add NAME VERSION stable|canary HTTP_PORT ADMIN_PORT · remove NAME · weight PERCENT · counts · quit

#include "canaryctl/demo/proxy.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>

using namespace canaryctl::demo;

namespace {

boost::json::object to_json(const proxy_counts& counts) {
  boost::json::object pods;
  for (const auto& pod : counts.pods) {
    boost::json::object statuses;
    for (const auto& [status, n] : pod.statuses) statuses[std::to_string(status)] = n;
    pods[pod.address.name] = {{"ready", pod.ready},
                              {"requests", pod.requests},
                              {"forced", pod.forced},
                              {"statuses", statuses},
                              {"refused", pod.refused},
                              {"reset", pod.reset},
                              {"timeout", pod.timeout},
                              {"cut", pod.cut},
                              {"malformed", pod.malformed},
                              {"in_flight", pod.in_flight},
                              {"client_gone", pod.client_gone},
                              {"connections", pod.connections}};
  }
  return {{"pods", pods},
          {"no_ready_stable", counts.no_ready_stable},
          {"no_ready_canary", counts.no_ready_canary},
          {"rejected", counts.rejected},
          {"failures", boost::json::value_from(counts.failures)}};
}

}  // namespace

int main(int argc, char** argv) try {
  proxy_options options;
  options.weight = 0;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::strtol(argv[1], nullptr, 10) : 0);
  options.answer_timeout = std::chrono::milliseconds(argc > 2 ? std::strtol(argv[2], nullptr, 10) : 20000);
  reverse_proxy proxy(options);
  std::cout << boost::json::serialize(boost::json::value{{"port", proxy.port()}}) << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, name;
    words >> command;
    if (command == "add") {
      pod_address pod;
      std::string side;
      words >> pod.name >> pod.version >> side >> pod.http_port >> pod.admin_port;
      pod.track = side == "canary" ? track::canary : track::stable;
      proxy.add_pod(pod);
    } else if (command == "remove") {
      words >> name;
      proxy.remove_pod(name);
    } else if (command == "weight") {
      int percent = 0;
      words >> percent;
      proxy.set_weight(percent);
    } else if (command == "quit") {
      break;
    }
    std::cout << boost::json::serialize(to_json(proxy.counts())) << std::endl;
  }
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 2;
}
