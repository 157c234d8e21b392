// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/traffic.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace canaryctl::demo {
namespace {

constexpr double fresh_share = 0.2;
constexpr auto most_slip = std::chrono::milliseconds(100);
constexpr std::size_t most_examples = 10;

template <class Map>
Map difference(const Map& later, const Map& earlier) {
  Map result;
  for (const auto& [key, n] : later) {
    const auto found = earlier.find(key);
    const auto more = n - (found == earlier.end() ? 0 : found->second);
    if (more > 0) result[key] = more;
  }
  return result;
}

std::string text_of(const boost::json::object& object, const char* name) {
  const auto* const value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : "?";
}

}  // namespace

std::map<std::string, std::uint64_t> traffic_counts::by_version() const {
  std::map<std::string, std::uint64_t> result;
  for (const auto& [who, n] : seen) result[who.first] += n;
  return result;
}

std::uint64_t traffic_counts::errors() const {
  std::uint64_t n = 0;
  for (const auto& [status, count] : statuses)
    if (status >= 500) n += count;
  return n;
}

std::uint64_t traffic_counts::failed() const {
  std::uint64_t n = errors();
  for (const auto& [how, count] : lost)
    if (how != to_string(outcome::unsent)) n += count;
  return n;
}

traffic_counts traffic_counts::operator-(const traffic_counts& earlier) const {
  traffic_counts result;
  result.sent = sent - earlier.sent;
  result.injected = injected - earlier.injected;
  result.slipped = slipped - earlier.slipped;
  result.seen = difference(seen, earlier.seen);
  result.statuses = difference(statuses, earlier.statuses);
  result.lost = difference(lost, earlier.lost);
  return result;
}

traffic::traffic(std::uint16_t port, double rate) {
  load_options options;
  options.target = *parse_target("http://127.0.0.1:" + std::to_string(port) + "/api/info");
  options.request.headers = {{"Host", "canary-demo.local"}};
  options.keep_headers = true;
  options.keep_body = 4096;
  options.timeout = std::chrono::seconds(10);
  const auto record = [this](const load_record& one) { add(one); };
  options.rate = rate * (1 - fresh_share);
  options.connections = 16;
  generators_.emplace_back(context_.get_executor(), options, record);
  options.rate = rate * fresh_share;
  options.connections = 64;
  options.fresh = true;
  generators_.emplace_back(context_.get_executor(), options, record);
  for (auto& one : generators_) one.start();
  thread_ = std::thread([this] { context_.run(); });
}

traffic::~traffic() { stop(); }

void traffic::stop() {
  if (!thread_.joinable()) return;
  for (auto& one : generators_) one.stop();
  thread_.join();
}

void traffic::add(const load_record& record) {
  const auto& exchange = record.exchange;
  std::pair<std::string, std::string> who;
  if (exchange.result == outcome::answered && exchange.response.status == 200) {
    boost::system::error_code ec;
    const auto body = boost::json::parse(exchange.response.body, ec);
    if (!ec && body.is_object()) who = {text_of(body.get_object(), "version"), text_of(body.get_object(), "color")};
  }
  std::lock_guard lock(mutex_);
  ++counts_.sent;
  if (record.sent - record.intended > most_slip) ++counts_.slipped;
  if (exchange.result == outcome::answered) {
    ++counts_.statuses[exchange.response.status];
    if (exchange.response.status >= 500 && exchange.response.find("X-Canary-Fault")) ++counts_.injected;
    if (!who.first.empty()) ++counts_.seen[who];
    latencies_.add(record.finished - record.intended);
  } else {
    ++counts_.lost[std::string(to_string(exchange.result))];
    if (examples_.size() < most_examples)
      examples_.push_back(std::string(to_string(exchange.result)) + ": " + exchange.error);
  }
}

traffic_counts traffic::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

canaryctl::latency_histogram traffic::latencies() const {
  std::lock_guard lock(mutex_);
  return latencies_;
}

std::vector<std::string> traffic::examples() const {
  std::lock_guard lock(mutex_);
  return examples_;
}

}  // namespace canaryctl::demo
