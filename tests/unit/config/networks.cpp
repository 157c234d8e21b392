// SPDX-License-Identifier: BSL-1.0
#include "networks.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using canary::detail::networks;

namespace {

bool in(const char* block, const char* address) {
  const std::vector<std::string> entries{block};
  return networks(entries).contains(address);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trusted_networks)

BOOST_AUTO_TEST_CASE(blocks_hold_their_addresses_and_no_neighbour) {
  struct row {
    const char* block;
    const char* address;
    bool held;
  };
  for (const auto& [block, address, held] : std::vector<row>{{"10.0.0.0/8", "10.0.0.0", true},
                                                             {"10.0.0.0/8", "10.255.255.255", true},
                                                             {"10.0.0.0/8", "11.0.0.0", false},
                                                             {"10.0.0.0/8", "9.255.255.255", false},
                                                             {"10.0.0.0/8", "::ffff:10.1.2.3", true},
                                                             {"172.16.0.0/12", "172.31.255.255", true},
                                                             {"172.16.0.0/12", "172.32.0.0", false},
                                                             {"192.0.2.1", "192.0.2.1", true},
                                                             {"192.0.2.1", "192.0.2.2", false},
                                                             {"192.0.2.1/32", "::ffff:192.0.2.1", true},
                                                             {"0.0.0.0/0", "203.0.113.9", true},
                                                             {"0.0.0.0/0", "2001:db8::1", false},
                                                             {"::/0", "2001:db8::1", true},
                                                             {"::/0", "203.0.113.9", false},
                                                             {"fd00::/8", "fdff::1", true},
                                                             {"fd00::/8", "fe00::1", false},
                                                             {"2001:db8::/33", "2001:db8:7fff::", true},
                                                             {"2001:db8::/33", "2001:db8:8000::", false},
                                                             {"::1", "::1", true},
                                                             {"::1/128", "::2", false}}) {
    BOOST_TEST(in(block, address) == held, block << " and " << address);
  }
}

BOOST_AUTO_TEST_CASE(entries_that_are_none_are_named) {
  for (const auto* text : {"", "x", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "10.0.0.1/8",
                           "010.0.0.1", "10.0.0.0/8/8", "fe80::1%eth0", "/8", "localhost", "2001:db8::1/64"}) {
    BOOST_TEST(!networks::parse(text).problem.empty(), "accepted: '" << text << "'");
  }
  const std::vector<std::string> bad{"10.0.0.0/8", "nonsense"};
  BOOST_CHECK_EXCEPTION(networks{bad}, std::invalid_argument,
                        [](const auto& e) { return std::string(e.what()).find("nonsense") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(nobody_is_trusted_by_default) {
  BOOST_TEST(networks().empty());
  BOOST_TEST(!networks().contains("127.0.0.1"));
  const std::vector<std::string> some{"127.0.0.1"};
  BOOST_TEST(!networks(some).contains("unix:"));
}

BOOST_AUTO_TEST_SUITE_END()
