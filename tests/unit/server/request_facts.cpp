// SPDX-License-Identifier: BSL-1.0
#include "request_facts.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace canary::detail;

BOOST_AUTO_TEST_SUITE(request_facts_)

BOOST_AUTO_TEST_CASE(identifiers_are_hexadecimal_and_differ) {
  id_generator ids(1);
  std::set<std::string> seen;
  std::array<char, 32> text{};
  for (int i = 0; i < 10'000; ++i) seen.emplace(ids.id(text));
  BOOST_TEST(seen.size() == 10'000U);
  BOOST_TEST(seen.begin()->find_first_not_of("0123456789abcdef") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(chance_is_the_share_on_average) {
  id_generator ids(2);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += ids.chance(0.05) ? 1 : 0;
  // 5,000 expected; seven standard deviations are 482.
  BOOST_TEST(hits > 4'518);
  BOOST_TEST(hits < 5'482);
  for (int i = 0; i < 1'000; ++i) {
    BOOST_REQUIRE(!ids.chance(0));
    BOOST_REQUIRE(ids.chance(1));
  }
}

BOOST_AUTO_TEST_CASE(client_is_the_last_address_that_no_trusted_proxy_has) {
  const std::vector<std::string> blocks{"10.0.0.0/8", "fd00::/8"};
  const networks trusted(blocks);
  const auto client = [&](std::string_view peer, std::vector<canary::field> fields) {
    return std::string(client_address(peer, fields, trusted));
  };
  BOOST_TEST(client("192.0.2.1", {{"X-Forwarded-For", "203.0.113.9"}}) == "192.0.2.1");
  BOOST_TEST(client("10.0.0.1", {}) == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}}) == "203.0.113.9");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1, 203.0.113.9 , 10.2.3.4"}}) == "203.0.113.9");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.9.9.9"}}) ==
             "203.0.113.9");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9:4711"}}) == "203.0.113.9");
  BOOST_TEST(client("fd00::1", {{"X-Forwarded-For", "[2001:db8::7]:80"}}) == "2001:db8::7");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, unknown"}}) == "10.0.0.1");
  BOOST_TEST(client("10.0.0.1", {{"X-Forwarded-For", "10.1.1.1"}}) == "10.1.1.1");
}

BOOST_AUTO_TEST_SUITE_END()
