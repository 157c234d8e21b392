// SPDX-License-Identifier: BSL-1.0
#include <canary/fault.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

using namespace std::chrono_literals;
using canary::fault_injector;
using canary::fault_settings;
using std::chrono::steady_clock;
namespace asio = boost::asio;

namespace {

fault_settings settings(double rate, std::chrono::microseconds latency) {
  fault_settings s;
  s.error_rate = rate;
  s.error_status = 503;
  s.latency_min = s.latency_max = latency;
  return s;
}

/// One call of a handler on an io_context of its own.
class call {
 public:
  explicit call(const canary::handler& h) {
    asio::co_spawn(io_, std::get<canary::async_handler>(h)(request_, context_),
                   asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr e, canary::response r) {
                     thrown = std::move(e);
                     answer = std::move(r);
                   }));
  }
  void run() { io_.run_for(30s); }
  void run_until_waiting() {
    while (io_.poll_one() > 0) {
    }
  }
  void cancel() { cancel_.emit(asio::cancellation_type::terminal); }

  std::exception_ptr thrown;
  std::optional<canary::response> answer;

 private:
  asio::io_context io_;
  asio::cancellation_signal cancel_;
  canary::request request_;
  canary::context context_;
};

canary::response answered(const canary::handler& h) {
  call c(h);
  c.run();
  BOOST_REQUIRE(c.answer.has_value());
  if (c.thrown) std::rethrow_exception(c.thrown);
  return *c.answer;
}

const canary::plain_handler plain = [](const canary::request&, canary::context&) { return canary::text("plain"); };

asio::awaitable<canary::response> answer_async() { co_return canary::text("async"); }
const canary::async_handler async = [](const canary::request&, canary::context&) { return answer_async(); };

}  // namespace

BOOST_AUTO_TEST_SUITE(decorated)

BOOST_AUTO_TEST_CASE(without_faults_the_handler_answers) {
  fault_injector f;
  BOOST_TEST(answered(f.decorate(plain, "/")).body == "plain");
  BOOST_TEST(answered(f.decorate(async, "/")).body == "async");
}

BOOST_AUTO_TEST_CASE(an_error_is_a_problem_that_says_it_was_injected) {
  fault_injector f(settings(1, 0s));
  int calls = 0;
  const canary::plain_handler counted = [&calls](const canary::request&, canary::context&) {
    ++calls;
    return canary::text("");
  };
  for (const auto& h : {f.decorate(counted, "/"), f.decorate(async, "/")}) {
    const auto r = answered(h);
    BOOST_TEST(r.status == 503U);
    BOOST_TEST(r.content_type == "application/problem+json");
    BOOST_REQUIRE(r.fields.size() == 1U);
    BOOST_TEST(r.fields[0].first == "X-Canary-Fault");
    BOOST_TEST(r.fields[0].second == "error");
  }
  BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(latency_comes_before_the_handler_and_before_the_error) {
  fault_injector f(settings(0, 30ms));
  for (const auto& h : {f.decorate(plain, "/"), f.decorate(async, "/")}) {
    const auto begin = steady_clock::now();
    BOOST_TEST(answered(h).status == 200U);
    BOOST_TEST((steady_clock::now() - begin >= 30ms));
  }
  f.set(settings(1, 30ms));
  const auto begin = steady_clock::now();
  BOOST_TEST(answered(f.decorate(plain, "/")).status == 503U);
  BOOST_TEST((steady_clock::now() - begin >= 30ms));
}

BOOST_AUTO_TEST_CASE(settings_reach_handlers_that_were_decorated_before) {
  fault_injector f;
  const auto h = f.decorate(plain, "/");
  BOOST_TEST(answered(h).status == 200U);
  f.set(settings(1, 0s));
  BOOST_TEST(answered(h).status == 503U);
  f.clear();
  BOOST_TEST(answered(h).status == 200U);
}

BOOST_AUTO_TEST_CASE(a_route_that_is_not_named_is_left_alone) {
  auto s = settings(1, 0s);
  s.routes = {"/a"};
  fault_injector f(s);
  BOOST_TEST(answered(f.decorate(plain, "/a")).status == 503U);
  BOOST_TEST(answered(f.decorate(plain, "/b")).status == 200U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_does_not_wait_out_its_latency) {
  fault_injector f(settings(0, 10min));
  call c(f.decorate(plain, "/"));
  c.run_until_waiting();
  BOOST_TEST(!c.answer.has_value());
  c.cancel();
  c.run();
  BOOST_REQUIRE(c.thrown != nullptr);
  BOOST_CHECK_EXCEPTION(std::rethrow_exception(c.thrown), boost::system::system_error,
                        [](const auto& e) { return e.code() == asio::error::operation_aborted; });
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_handler_goes_through) {
  fault_injector f(settings(0, 1ms));
  const canary::plain_handler bad = [](const canary::request&, canary::context&) -> canary::response {
    throw std::runtime_error("mine");
  };
  BOOST_CHECK_THROW(answered(f.decorate(bad, "/")), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
