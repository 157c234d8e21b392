// SPDX-License-Identifier: BSL-1.0
// A key-value store with a protocol of its own, one UDP datagram a request: `set NAME VALUE`, `get NAME`. It takes its
// version and track from the environment like every canary, and leaves its metrics in a file for the node exporter's
// textfile collector, so they need no HTTP server.
#include <canary/config.hpp>
#include <canary/metrics.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

namespace {

using clock_type = std::chrono::steady_clock;

volatile std::sig_atomic_t stopped = 0;

class store {
 public:
  explicit store(canary::metrics& m)
      : gets_(m.counter("kv_requests_total", "Answered requests.", {{"command", "get"}})),
        sets_(m.counter("kv_requests_total", "Answered requests.", {{"command", "set"}})),
        errors_(m.counter("kv_requests_total", "Answered requests.", {{"command", "error"}})),
        entries_(m.gauge("kv_entries", "Names that have a value.")),
        duration_(m.histogram("kv_request_duration_seconds", "Time to answer.", {0.00001, 0.0001, 0.001, 0.01})) {}

  std::string answer(const std::string& request) {
    const auto begin = clock_type::now();
    auto text = execute(request);
    duration_.Observe(std::chrono::duration<double>(clock_type::now() - begin).count());
    return text;
  }

 private:
  std::string execute(const std::string& request) {
    const auto name = request.find(' ');
    const auto value = name == request.npos ? name : request.find(' ', name + 1);
    if (request.starts_with("get ")) {
      gets_.Increment();
      const auto found = values_.find(request.substr(4));
      return found == values_.end() ? "none" : "value " + found->second;
    }
    if (request.starts_with("set ") && value != request.npos) {
      sets_.Increment();
      values_[request.substr(4, value - 4)] = request.substr(value + 1);
      entries_.Set(static_cast<double>(values_.size()));
      return "stored";
    }
    errors_.Increment();
    return "error: a request is `get NAME` or `set NAME VALUE`";
  }

  std::map<std::string, std::string> values_;
  prometheus::Counter& gets_;
  prometheus::Counter& sets_;
  prometheus::Counter& errors_;
  prometheus::Gauge& entries_;
  prometheus::Histogram& duration_;
};

// By way of a second file, so that the collector never reads half of one.
bool publish(const canary::metrics& m, const std::string& file) {
  const auto fresh = file + ".tmp";
  std::error_code error;
  if (!(std::ofstream(fresh) << m.render()).flush()) error = std::make_error_code(std::errc::io_error);
  if (!error) std::filesystem::rename(fresh, file, error);
  if (error) std::cerr << "cannot write " << file << ": " << error.message() << '\n';
  return !error;
}

}  // namespace

int main() {
  auto env = canary::env_reader::of_process();
  const auto port =
      static_cast<std::uint16_t>(env.number({"KV_PORT", "UDP port, 0: the kernel chooses"}, 7070, 0, 65535));
  const auto file = env.text({"KV_METRICS_FILE", "where the textfile collector reads"}, "kv.prom", "a path");
  const auto every = env.duration<std::chrono::milliseconds>({"KV_METRICS_INTERVAL", "between two writes of it"},
                                                             std::chrono::seconds(5), std::chrono::milliseconds(10),
                                                             std::chrono::minutes(5));
  const auto settings = canary::read_config(env);
  for (const auto& warning : env.warnings()) std::cerr << warning << '\n';
  if (!env.errors().empty()) {
    std::cerr << canary::error_report(env.errors());
    return 2;
  }

  canary::metrics metrics(settings.self);
  store values(metrics);

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::cerr << "cannot listen on port " << port << ": " << std::strerror(errno) << '\n';
    return 1;
  }

  // Only ppoll lets the signals in, so none is missed between the test and the wait.
  sigset_t waiting, blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigaddset(&blocked, SIGINT);
  ::sigprocmask(SIG_BLOCK, &blocked, &waiting);
  struct sigaction stop {};
  stop.sa_handler = [](int) { stopped = 1; };
  ::sigaction(SIGTERM, &stop, nullptr);
  ::sigaction(SIGINT, &stop, nullptr);
  std::cout << "listening on 127.0.0.1:" << ntohs(address.sin_port) << std::endl;

  if (!publish(metrics, file)) return 1;
  auto next = clock_type::now() + every;
  while (!stopped) {
    const auto left = std::max(next - clock_type::now(), clock_type::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
    pollfd ready{socket, POLLIN, 0};
    if (::ppoll(&ready, 1, &timeout, &waiting) > 0) {
      char buffer[2048];
      sockaddr_storage peer{};
      socklen_t peer_size = sizeof peer;
      const auto n = ::recvfrom(socket, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer), &peer_size);
      if (n < 0) continue;
      const auto text = values.answer({buffer, static_cast<std::size_t>(n)});
      // As with every datagram, an answer may be lost.
      static_cast<void>(::sendto(socket, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&peer), peer_size));
    }
    if (clock_type::now() >= next) {
      publish(metrics, file);
      next = clock_type::now() + every;
    }
  }
  return publish(metrics, file) ? 0 : 1;
}
