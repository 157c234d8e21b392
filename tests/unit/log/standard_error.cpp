// SPDX-License-Identifier: BSL-1.0
#include <canary/log.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

using canary::log_level;
using canary::logger;
using std::chrono::steady_clock;

namespace {

const canary::identity self{"v1", "white", "stable", "", ""};

/// Standard error is a pipe as long as this lives.
class piped_stderr {
 public:
  piped_stderr() : saved_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)) {
    BOOST_REQUIRE(saved_ >= 0);
    BOOST_REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
    ::dup2(ends_[1], STDERR_FILENO);
    ::close(ends_[1]);
  }
  ~piped_stderr() {
    restore();
    close_reader();
  }
  piped_stderr(const piped_stderr&) = delete;
  piped_stderr& operator=(const piped_stderr&) = delete;

  void restore() const { ::dup2(saved_, STDERR_FILENO); }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  std::string read_all() const {
    std::string out;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(ends_[0], buffer.data(), buffer.size())) > 0;) out.append(buffer.data(), n);
    return out;
  }

 private:
  int saved_;
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(standard_error)

BOOST_AUTO_TEST_CASE(lines_arrive_whole_also_when_longer_than_a_pipe_takes_at_once) {
  piped_stderr p;
  {
    logger log(self);
    log.info("short");
    log.info("long", {{"text", std::string(20'000, 'x')}});
    log.flush();
    BOOST_TEST(log.dropped() == 0U);
    p.restore();
  }
  const auto text = p.read_all();
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 2);
  BOOST_TEST(text.find(std::string(20'000, 'x') + "\"}\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reader_that_went_away_kills_nobody) {
  piped_stderr p;
  p.close_reader();
  logger log(self);
  for (int i = 0; i < 10; ++i) log.info("e");
  log.flush();
  BOOST_TEST(log.dropped() == 10U);
}

BOOST_AUTO_TEST_CASE(a_closed_standard_error_is_not_mistaken_for_somebody_elses_file) {
  piped_stderr p;
  ::close(STDERR_FILENO);
  logger log(self);
  std::array<int, 2> other{};
  BOOST_REQUIRE(::pipe2(other.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  BOOST_TEST(other[0] == STDERR_FILENO);
  log.info("e");
  log.flush();
  BOOST_TEST(log.dropped() == 1U);
  char c = 0;
  BOOST_TEST(::read(other[0], &c, 1) == -1);
  ::close(other[1]);
  p.restore();
}

BOOST_AUTO_TEST_CASE(a_reader_that_stalls_blocks_neither_callers_nor_the_end_of_the_process) {
  piped_stderr p;
  const auto begin = steady_clock::now();
  steady_clock::time_point logged;
  {
    logger log(self, log_level::info, 16);
    const std::string text(4'000, 'x');
    for (int i = 0; i < 2'000; ++i) log.info("e", {{"text", text}});  // far more than a pipe holds
    logged = steady_clock::now();
    BOOST_TEST(log.dropped() > 0U);
    p.restore();
  }
  BOOST_TEST((logged - begin < std::chrono::seconds(20)));
  BOOST_TEST((steady_clock::now() - logged < std::chrono::seconds(20)));
}

BOOST_AUTO_TEST_SUITE_END()
