// SPDX-License-Identifier: BSL-1.0
#include <canary/blocking.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <memory>

namespace {

struct held final : canary::blocking_pool::job {
  std::latch& started;
  std::latch& release;
  std::atomic<int>& ran;
  held(std::latch& s, std::latch& r, std::atomic<int>& n) : started(s), release(r), ran(n) {}
  void run() noexcept override {
    started.count_down();
    release.wait();
    ++ran;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(blocking_pool_)

BOOST_AUTO_TEST_CASE(job_beyond_threads_and_queue_is_given_back) {
  std::latch two_started(2);
  std::latch unused(100);
  std::latch release(1);
  std::atomic<int> ran{0};
  {
    canary::blocking_pool pool(2, 3);
    const auto submit = [&](std::latch& started) {
      std::unique_ptr<canary::blocking_pool::job> job = std::make_unique<held>(started, release, ran);
      const bool taken = pool.submit(job);
      BOOST_TEST(taken == (job == nullptr));
      return taken;
    };
    BOOST_TEST(submit(two_started));
    BOOST_TEST(submit(two_started));
    two_started.wait();
    BOOST_TEST(pool.running() == 2U);
    for (int i = 0; i < 3; ++i) BOOST_TEST(submit(unused));
    BOOST_TEST(!submit(unused));
    release.count_down();
  }
  // What ran was waited for.
  BOOST_TEST(ran >= 2);
}

BOOST_AUTO_TEST_SUITE_END()
