// SPDX-License-Identifier: BSL-1.0
#include <canary/http.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(response)

BOOST_AUTO_TEST_CASE(text_and_html_say_their_charset) {
  const auto t = canary::text("hello", 201);
  BOOST_TEST(t.status == 201u);
  BOOST_TEST(t.content_type == "text/plain; charset=utf-8");
  BOOST_TEST(t.body == "hello");

  const auto h = canary::html("<p>hello</p>");
  BOOST_TEST(h.status == 200u);
  BOOST_TEST(h.content_type == "text/html; charset=utf-8");
  BOOST_TEST(h.body == "<p>hello</p>");
}

BOOST_AUTO_TEST_CASE(json_is_serialised) {
  const auto r = canary::json({{"a", 1}, {"b", "x\"y"}}, 202);
  BOOST_TEST(r.status == 202u);
  BOOST_TEST(r.content_type == "application/json");
  BOOST_TEST(r.body == R"({"a":1,"b":"x\"y"})");
}

BOOST_AUTO_TEST_CASE(problem_has_the_members_of_rfc_9457) {
  const auto r = canary::problem(503, "the queue is \"full\"");
  BOOST_TEST(r.status == 503u);
  BOOST_TEST(r.content_type == "application/problem+json");
  const auto body = boost::json::parse(r.body).as_object();
  BOOST_TEST(body.size() == 4u);
  BOOST_TEST(body.at("type").as_string() == "about:blank");
  BOOST_TEST(body.at("title").as_string() == "Service Unavailable");
  BOOST_TEST(body.at("status").as_int64() == 503);
  BOOST_TEST(body.at("detail").as_string() == "the queue is \"full\"");
}

BOOST_AUTO_TEST_CASE(problem_takes_a_title_and_leaves_out_what_it_does_not_know) {
  const auto titled = boost::json::parse(canary::problem(400, {}, "Bad faults").body).as_object();
  BOOST_TEST(titled.at("title").as_string() == "Bad faults");
  BOOST_TEST(!titled.contains("detail"));

  const auto unknown = boost::json::parse(canary::problem(466).body).as_object();
  BOOST_TEST(unknown.at("status").as_int64() == 466);
  BOOST_TEST(!unknown.contains("title"));
}

BOOST_AUTO_TEST_CASE(header_adds_fields_to_a_named_and_to_a_temporary_answer) {
  auto r = canary::text("x").header("X-A", "1");
  r.header("X-B", "2").header("X-B", "3");
  BOOST_TEST(r.fields.size() == 3u);
  BOOST_TEST(r.fields[2].second == "3");
}

BOOST_AUTO_TEST_SUITE_END()
