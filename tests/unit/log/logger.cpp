// SPDX-License-Identifier: BSL-1.0
#include <canary/log.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using canary::log_field;
using canary::log_level;
using canary::logger;

namespace {

const canary::identity self{"v1\"", "white", "stable", "", ""};

/// Keeps lines; while it is shut, the first one waits inside.
class shelf {
 public:
  logger::sink sink() {
    return [this](std::string_view line) {
      entered_.count();
      open_.wait();
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  void open() { opened_.set_value(); }
  void wait_entered() { entered_.wait(); }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  struct gate {
    std::once_flag once;
    std::promise<void> p;
    void count() {
      std::call_once(once, [this] { p.set_value(); });
    }
    void wait() { p.get_future().wait(); }
  };
  gate entered_;
  std::promise<void> opened_;
  std::shared_future<void> open_ = opened_.get_future().share();
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(a_line_is_one_json_object_with_its_fields) {
  shelf s;
  s.open();
  logger log(self, log_level::info, s.sink());
  log.error("request \"x\"\n", {{"text", "a\x01"},
                                {"string", std::string("b")},
                                {"flag", true},
                                {"int", -5},
                                {"unsigned", 18446744073709551615ULL},
                                {"size", std::size_t{7}},
                                {"real", 0.25},
                                {"json", log_field::json{R"({"a":[1]})"}}});
  log.flush();
  BOOST_REQUIRE(s.lines().size() == 1U);
  const auto line = s.lines()[0];
  BOOST_TEST(line.find('\n') == line.size() - 1);
  BOOST_TEST(line.find(R"({"time":"20)") == 0U);
  const auto o = boost::json::parse(line).as_object();
  BOOST_TEST(o.at("time").as_string().size() == 27U);
  BOOST_TEST(o.at("level").as_string() == "error");
  BOOST_TEST(o.at("event").as_string() == "request \"x\"\n");
  BOOST_TEST(o.at("version").as_string() == "v1\"");
  BOOST_TEST(o.at("track").as_string() == "stable");
  BOOST_TEST(o.at("text").as_string() == "a\x01");
  BOOST_TEST(o.at("string").as_string() == "b");
  BOOST_TEST(o.at("flag").as_bool());
  BOOST_TEST(o.at("int").as_int64() == -5);
  BOOST_TEST(o.at("unsigned").as_uint64() == 18446744073709551615ULL);
  BOOST_TEST(o.at("size").as_int64() == 7);
  BOOST_TEST(o.at("real").as_double() == 0.25);
  BOOST_TEST(o.at("json").at("a").at(0).as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written) {
  shelf s;
  s.open();
  logger log(self, log_level::warning, s.sink());
  const auto all = [&log] {
    log.debug("d");
    log.info("i");
    log.warning("w");
    log.error("e");
    log.flush();
  };
  all();
  BOOST_TEST(s.lines().size() == 2U);
  log.level(log_level::debug);
  BOOST_TEST((log.level() == log_level::debug));
  all();
  BOOST_TEST(s.lines().size() == 6U);
  log.level(log_level::off);
  all();
  BOOST_TEST(s.lines().size() == 6U);
  BOOST_TEST(log.dropped() == 0U);
}

BOOST_AUTO_TEST_CASE(a_full_queue_drops_the_oldest_counts_them_and_blocks_nobody) {
  shelf s;
  logger log(self, log_level::info, s.sink(), 4);
  log.info("0");
  s.wait_entered();  // the thread is stuck with line 0
  for (int i = 1; i <= 10; ++i) log.info(std::to_string(i));
  BOOST_TEST(log.dropped() == 6U);
  s.open();
  log.flush();
  BOOST_TEST(log.dropped() == 6U);
  std::vector<std::string> events;
  for (const auto& l : s.lines()) events.emplace_back(boost::json::parse(l).at("event").as_string());
  BOOST_TEST((events == std::vector<std::string>{"0", "7", "8", "9", "10"}));
}

BOOST_AUTO_TEST_CASE(flush_waits_for_the_line_in_the_sink_even_while_later_ones_drop) {
  shelf s;
  logger log(self, log_level::info, s.sink(), 1);
  log.info("0");
  s.wait_entered();
  log.info("1");
  auto flushed = std::async(std::launch::async, [&log] { log.flush(); });
  for (int i = 0; i < 10; ++i) log.info("later");
  BOOST_TEST((flushed.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout));
  s.open();
  BOOST_TEST((flushed.wait_for(std::chrono::seconds(30)) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(written_and_dropped_add_up_under_many_threads) {
  shelf s;
  s.open();
  constexpr int threads = 4;
  constexpr int each = 5'000;
  std::uint64_t dropped = 0;
  {
    logger log(self, log_level::info, s.sink(), 64);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&log, t] {
        for (int i = 0; i < each; ++i) log.info("e", {{"n", t * each + i}});
      });
    }
    for (auto& t : all) t.join();
    log.flush();
    dropped = log.dropped();
  }
  std::set<std::int64_t> seen;
  for (const auto& l : s.lines()) seen.insert(boost::json::parse(l).at("n").as_int64());
  BOOST_TEST(seen.size() == s.lines().size());
  BOOST_TEST(seen.size() + dropped == threads * each);
}

BOOST_AUTO_TEST_CASE(the_destructor_writes_what_is_queued) {
  shelf s;
  {
    logger log(self, log_level::info, s.sink());
    for (int i = 0; i < 100; ++i) log.info("e");
    s.open();
  }
  BOOST_TEST(s.lines().size() == 100U);
}

BOOST_AUTO_TEST_CASE(a_sink_that_throws_costs_its_line_only) {
  int calls = 0;
  logger log(self, log_level::info, [&calls](std::string_view) {
    if (++calls == 1) throw std::runtime_error("disk full");
  });
  log.info("1");
  log.info("2");
  log.flush();
  BOOST_TEST(calls == 2);
  BOOST_TEST(log.dropped() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
