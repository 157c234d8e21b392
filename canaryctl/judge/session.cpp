// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/session.hpp"

#include "canaryctl/cli/values.hpp"
#include "canaryctl/judge/record.hpp"

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

constexpr const char* first_line = "canaryctl-judge-1";

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

session::session(engine_options e, session_options s, std::unique_ptr<source> from)
    : engine_(std::move(e)), options_(std::move(s)), source_(std::move(from)) {
  const auto wrong = [&](const std::string& what) {
    throw std::runtime_error("--state: '" + options_.state + "': " + what);
  };
  if (!options_.state.empty()) {
    std::ifstream in(options_.state);
    std::string first, rollout, began, state;
    if (in && std::getline(in, first)) {
      if (first != first_line || !std::getline(in, rollout) || !std::getline(in, began) || !std::getline(in, state))
        wrong("no state of a judge; expected four lines, the first " + std::string(first_line));
      if (rollout == options_.rollout) {
        const auto when = parse_number(began);
        if (!when) wrong("line 3: '" + began + "': expected seconds since the epoch");
        try {
          engine_.restore(state);
        } catch (const std::invalid_argument& error) {
          wrong(error.what());
        }
        began_ = *when;
        goes_on_ = true;
      }
    }
    keep_state();  // a file that cannot be written is found now, not at the first batch
  }
  if (!options_.record.empty()) record_ = std::make_unique<record_writer>(options_.record, engine_, goes_on_);
}

session::~session() = default;

void session::keep_state() const {
  if (options_.state.empty()) return;
  const auto temporary = options_.state + ".part";
  std::ofstream out(temporary, std::ios::trunc);
  out << first_line << '\n' << options_.rollout << '\n' << std::to_string(began_) << '\n' << engine_.state() << '\n';
  out.close();
  if (!out || std::rename(temporary.c_str(), options_.state.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw std::runtime_error("--state: cannot write '" + options_.state + "'");
  }
}

session_end session::run(const waiter& wait, const observer& seen) {
  session_end end;
  const auto now = [] { return std::chrono::steady_clock::now(); };
  if (began_ <= 0) began_ = wall_clock();
  // A deadline by the wall clock would jump with it: only what went by before this start is taken from there.
  const auto earlier = std::max(wall_clock() - began_, 0.0);
  const auto start = now();
  keep_state();
  auto restarts = engine_.conditions().canary_restarts;
  for (auto due = start;;) {
    end.verdict = engine_.look();
    const double past = earlier + seconds(now() - start);
    if (end.verdict.decided != stat::decision::inconclusive || past >= seconds(options_.deadline)) break;
    const auto found = source_->next();
    if (!found.problems.empty()) end.problem = found.problems.front();
    problems_ += found.problems.size();
    const auto closed = engine_.take(found);
    if (closed && record_) record_->write(*closed);
    if (closed || engine_.conditions().canary_restarts != restarts) keep_state();
    restarts = engine_.conditions().canary_restarts;
    if (found.ended && seen) seen(engine_, found, closed.has_value());
    end.verdict = engine_.look();
    if (end.verdict.decided != stat::decision::inconclusive) break;
    // A round that took longer than the interval is followed by the next at once; none is made up for.
    due = std::max(due + options_.interval, now());
    const auto left = std::chrono::duration<double>(seconds(options_.deadline) - earlier - seconds(now() - start));
    const auto pause = std::min(std::chrono::duration_cast<std::chrono::nanoseconds>(due - now()),
                                std::chrono::duration_cast<std::chrono::nanoseconds>(left));
    if (wait(std::max(pause, std::chrono::nanoseconds(0)))) {
      end.stopped = true;
      break;
    }
  }
  end.reached = engine_.reached() || goes_on_;
  if (record_ && !end.stopped) record_->end(engine_, end.verdict);
  return end;
}

}  // namespace canaryctl::judge
