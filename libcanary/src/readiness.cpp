// SPDX-License-Identifier: BSL-1.0
#include "readiness.hpp"

#include "failure.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <stdexcept>

namespace canary::detail {
namespace {

constexpr const char* not_passed = "not yet";

asio::awaitable<std::string> reason_of(const ready_check& check) {
  switch (check.index()) {
    case 0:
      co_return std::get<0>(check)() ? "" : not_passed;
    case 1:
      co_return std::get<1>(check)();
    case 2:
      co_return co_await std::get<2>(check)() ? "" : not_passed;
    default:
      co_return co_await std::get<3>(check)();
  }
}

}  // namespace

void readiness::add(std::string name, ready_check check) {
  const auto same = [&name](const entry& e) { return e.name == name; };
  if (name.empty() || name == "started" || name == "draining" || std::any_of(checks_.begin(), checks_.end(), same))
    throw std::invalid_argument("a readiness check needs a name of its own, not '" + name + "'");
  checks_.push_back({std::move(name), std::move(check)});
  results_.emplace_back(not_passed);
}

asio::awaitable<bool> readiness::ask() {
  bool all = true;
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    std::string reason;
    try {
      reason = co_await reason_of(checks_[i].check);
    } catch (...) {
      reason = what(std::current_exception());
      if (reason.empty()) reason = "the check threw";
    }
    all = all && reason.empty();
    const std::lock_guard lock(mutex_);
    results_[i] = std::move(reason);
  }
  co_return all;
}

bool readiness::ready() const {
  const auto now = outcomes();
  return std::all_of(now.begin(), now.end(), [](const outcome& o) { return o.reason.empty(); });
}

std::vector<readiness::outcome> readiness::outcomes() const {
  std::vector<outcome> all;
  all.push_back({"started", started_ ? "" : "still starting"});
  if (draining_) all.push_back({"draining", "the service is going away"});
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < checks_.size(); ++i) all.push_back({checks_[i].name, results_[i]});
  return all;
}

}  // namespace canary::detail
