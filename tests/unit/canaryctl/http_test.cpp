// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/http.hpp"

#include <boost/test/unit_test.hpp>

using namespace canaryctl;

BOOST_AUTO_TEST_SUITE(http_text)

BOOST_AUTO_TEST_CASE(urls_give_host_port_and_target) {
  const struct {
    const char* url;
    const char* host;
    unsigned port;
    const char* field;
    const char* target;
  } cases[] = {
      {"http://localhost", "localhost", 80, "localhost", "/"},
      {"http://localhost:8080/", "localhost", 8080, "localhost:8080", "/"},
      {"HTTP://a.b:80/x/y?q=1&r=%20", "a.b", 80, "a.b", "/x/y?q=1&r=%20"},
      {"http://[::1]:8080/a", "::1", 8080, "[::1]:8080", "/a"},
      {"http://127.0.0.1?x", "127.0.0.1", 80, "127.0.0.1", "/?x"},
  };
  for (const auto& one : cases) {
    const auto target = parse_target(one.url);
    BOOST_TEST_REQUIRE(target.has_value(), one.url);
    BOOST_TEST(target->host == one.host);
    BOOST_TEST(target->port == one.port);
    BOOST_TEST(target->host_header == one.field);
    BOOST_TEST(target->target == one.target);
  }
}

BOOST_AUTO_TEST_CASE(bad_urls_say_why) {
  const struct {
    const char* url;
    const char* problem;
  } cases[] = {
      {"localhost:8080", "no scheme"}, {"https://a/", "https is not supported"},
      {"ftp://a/", "unknown scheme"},  {"http://", "no host"},
      {"http://a:99999/", "port"},     {"http://a:0/", "port"},
      {"http://u:p@a/", "user name"},  {"http://a/#top", "fragment"},
      {"http://a b/", "no URL"},       {"http://a%0d%0ab/", "host"},
      {"http://a/x y", "no URL"},      {"", "no scheme"},
  };
  for (const auto& one : cases) {
    const auto target = parse_target(one.url);
    BOOST_TEST(target.has_error(), one.url);
    if (target.has_error()) BOOST_TEST(target.error().what.find(one.problem) != std::string::npos, target.error().what);
  }
}

BOOST_AUTO_TEST_CASE(other_ports_and_paths_keep_the_host) {
  const auto target = parse_target("http://[::1]:8080/a?b");
  BOOST_TEST(target->with_port(8081).with_target("/metrics").url() == "http://[::1]:8081/metrics");
  BOOST_TEST(target->with_port(80).host_header == "[::1]");
}

BOOST_AUTO_TEST_CASE(requests_have_what_the_caller_replaced_once) {
  const auto target = parse_target("http://h:8080/p?q");
  const auto plain = serialise({}, *target, true);
  BOOST_TEST(plain.starts_with("GET /p?q HTTP/1.1\r\nHost: h:8080\r\n"));
  BOOST_TEST(plain.ends_with("\r\n\r\n"));
  BOOST_TEST(plain.find("Content-Length") == std::string::npos);
  BOOST_TEST(plain.find("Connection") == std::string::npos);
  const auto full = serialise({"POST", {{"hOST", "demo.local"}, {"accept", "a/b"}}, "12345"}, *target, false);
  BOOST_TEST(full.find("h:8080") == std::string::npos);
  BOOST_TEST(full.find("*/*") == std::string::npos);
  BOOST_TEST(full.find("Content-Length: 5\r\n") != std::string::npos);
  BOOST_TEST(full.find("Connection: close\r\n") != std::string::npos);
  BOOST_TEST(full.ends_with("\r\n\r\n12345"));
  BOOST_TEST(serialise({"PUT", {}, {}}, *target, true).find("Content-Length: 0\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(requests_that_would_break_the_framing_are_refused) {
  BOOST_TEST(check_request({"GET", {{"X-A", "b"}}, {}}).empty());
  BOOST_TEST(!check_request({"GE T", {}, {}}).empty());
  BOOST_TEST(!check_request({"", {}, {}}).empty());
  BOOST_TEST(!check_request({"CONNECT", {}, {}}).empty());
  BOOST_TEST(!check_request({"GET", {{"X A", "b"}}, {}}).empty());
  BOOST_TEST(!check_request({"GET", {{"X-A", "b\r\nX-B: c"}}, {}}).empty());
  for (const auto* name : {"content-length", "Transfer-Encoding", "Connection", "Expect", "Upgrade"}) {
    BOOST_TEST(!check_request({"GET", {{name, "1"}}, {}}).empty(), name);
  }
}

BOOST_AUTO_TEST_CASE(the_version_is_in_the_header_or_else_in_the_body) {
  http_response response;
  response.body = R"({"version":"v1"})";
  BOOST_TEST(version_of(response) == "v1");
  response.headers.push_back({"x-canary-VERSION", "v2"});
  BOOST_TEST(version_of(response) == "v2");
  for (const auto* body : {"", "v1", "[1]", R"({"version":1})", R"({"other":"v1"})", R"({"version":"v1")"}) {
    http_response other;
    other.body = body;
    BOOST_TEST(version_of(other) == "", body);
  }
}

BOOST_AUTO_TEST_SUITE_END()
