// SPDX-License-Identifier: BSL-1.0
#include "deadline_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace canary::detail;
using namespace std::chrono_literals;
using time_point = deadline_queue::time_point;

namespace {

struct waiter final : deadline_queue::entry {
  std::vector<phase> missed;
  std::function<void()> then;
  void on_deadline(phase p) override {
    missed.push_back(p);
    if (then) then();
  }
};

// idle, head, body, handler, write, linger
constexpr deadline_queue::durations durations{60s, 10s, 30s, 5s, 30s, 1s};
constexpr time_point start{1000s};

}  // namespace

BOOST_AUTO_TEST_SUITE(deadline_queue_)

BOOST_AUTO_TEST_CASE(deadline_is_missed_at_its_time_and_once) {
  deadline_queue q(durations);
  waiter w;
  BOOST_TEST((q.next() == time_point::max()));
  BOOST_TEST((q.arm(w, phase::head, start) == start + 10s));
  q.expire(start + 10s - 1ns);
  BOOST_TEST(w.missed.empty());
  q.expire(start + 10s);
  q.expire(start + 20s);
  BOOST_TEST(w.missed.size() == 1U);
  BOOST_TEST((w.missed.front() == phase::head));
  BOOST_TEST((q.next() == time_point::max()));
}

BOOST_AUTO_TEST_CASE(new_deadline_replaces_the_old_one_and_disarming_twice_is_fine) {
  deadline_queue q(durations);
  waiter w;
  q.arm(w, phase::linger, start);
  q.arm(w, phase::idle, start);
  q.expire(start + 59s);
  BOOST_TEST(w.missed.empty());
  q.disarm(w);
  q.disarm(w);
  q.expire(start + 100s);
  BOOST_TEST(w.missed.empty());
}

BOOST_AUTO_TEST_CASE(missed_deadline_may_disarm_others_and_arm_itself_anew) {
  deadline_queue q(durations);
  waiter first, second;
  q.arm(first, phase::head, start);
  q.arm(second, phase::head, start);
  first.then = [&] {
    q.disarm(second);
    q.arm(first, phase::linger, start + 10s);
  };
  q.expire(start + 10s);
  BOOST_TEST(first.missed.size() == 1U);
  BOOST_TEST(second.missed.empty());
  BOOST_TEST((q.next() == start + 11s));
  q.disarm(first);
}

BOOST_AUTO_TEST_CASE(random_use_agrees_with_a_plain_search) {
  deadline_queue q(durations);
  std::vector<std::unique_ptr<waiter>> waiters;
  std::vector<time_point> expected(50, time_point::max());
  for (std::size_t i = 0; i < expected.size(); ++i) waiters.push_back(std::make_unique<waiter>());
  std::mt19937 random(7);
  auto now = start;
  for (int step = 0; step < 20'000; ++step) {
    now += std::chrono::milliseconds(random() % 200);
    const auto i = random() % waiters.size();
    if (random() % 4 == 0) {
      q.disarm(*waiters[i]);
      expected[i] = time_point::max();
    } else {
      expected[i] = q.arm(*waiters[i], static_cast<phase>(random() % phase_count), now);
    }
    q.expire(now);
    for (std::size_t k = 0; k < waiters.size(); ++k) {
      BOOST_REQUIRE(waiters[k]->missed.size() == (expected[k] <= now ? 1U : 0U));
      if (expected[k] <= now) expected[k] = time_point::max();
      waiters[k]->missed.clear();
    }
    BOOST_REQUIRE((q.next() == *std::min_element(expected.begin(), expected.end())));
  }
  for (auto& w : waiters) q.disarm(*w);
}

BOOST_AUTO_TEST_SUITE_END()
