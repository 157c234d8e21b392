// SPDX-License-Identifier: BSL-1.0
#include "response_writer.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace canary::detail;

namespace {

std::string written(const canary::response& r, framing f = {}) {
  std::string out;
  const auto rest = write_response(out, r, f);
  return out + std::string(rest);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(response_writer_)

BOOST_AUTO_TEST_CASE(answer_is_written_to_the_letter) {
  const auto r = canary::text("hi").header("X-A", "b").header("content-length", "9");
  BOOST_TEST(
      written(r, {.date = "Date: now\r\n", .extra = "X-V: 1\r\n", .request_id = "id"}) ==
      "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nX-A: b\r\n"
      "X-Request-Id: id\r\nX-V: 1\r\n\r\nhi");
  BOOST_TEST(
      written(canary::text("hi"), {.keep_alive = false, .head = true, .date = {}, .extra = {}, .request_id = {}}) ==
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(some_statuses_have_no_body) {
  for (const unsigned status : {204U, 304U}) {
    const auto text = written(canary::text("hi", status));
    BOOST_TEST(text.ends_with("\r\n\r\n"));
    BOOST_TEST(text.find("Content-Length") == std::string::npos);
  }
  BOOST_TEST(written(canary::text("hi", 205)).find("Content-Length: 0\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(large_body_is_not_copied) {
  canary::response r;
  const std::string large(100'000, 'x');
  r.static_body = large;
  std::string out;
  const auto rest = write_response(out, r, {});
  BOOST_TEST((rest.data() == large.data()));
  BOOST_TEST(out.size() < 200U);
}

BOOST_AUTO_TEST_CASE(what_would_break_the_framing_is_unsendable) {
  BOOST_TEST(unsendable(canary::text("x")) == nullptr);
  BOOST_TEST(unsendable(canary::text("x").header("A", "b\r\nC: d")) != nullptr);
  BOOST_TEST(unsendable(canary::text("x").header("A b", "c")) != nullptr);
  BOOST_TEST(unsendable(canary::text("x").header("", "c")) != nullptr);
  for (const unsigned status : {0U, 101U, 199U, 600U}) BOOST_TEST(unsendable(canary::text("x", status)) != nullptr);
}

BOOST_AUTO_TEST_CASE(date_is_as_of_the_second) {
  date_line d;
  BOOST_TEST(d.of(784'111'777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  BOOST_TEST(d.of(784'111'778) == "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
