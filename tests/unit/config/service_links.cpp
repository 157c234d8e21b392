// SPDX-License-Identifier: BSL-1.0
#include "service_links.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

using canary::detail::edit_distance;
using canary::detail::is_service_link;

BOOST_AUTO_TEST_SUITE(service_links)

BOOST_AUTO_TEST_CASE(what_kubernetes_makes_of_a_service_is_recognised) {
  const std::vector<std::pair<const char*, const char*>> links{{"CANARY_DEMO_SERVICE_HOST", "10.96.0.17"},
                                                               {"CANARY_DEMO_SERVICE_HOST", "fd00::17"},
                                                               {"CANARY_DEMO_SERVICE_PORT", "80"},
                                                               {"CANARY_DEMO_SERVICE_PORT_HTTP", "80"},
                                                               {"CANARY_DEMO_PORT", "tcp://10.96.0.17:80"},
                                                               {"CANARY_DEMO_PORT", "tcp://[fd00::17]:80"},
                                                               {"CANARY_DEMO_PORT_80_TCP", "tcp://10.96.0.17:80"},
                                                               {"CANARY_DEMO_PORT_80_TCP_PROTO", "tcp"},
                                                               {"CANARY_DEMO_PORT_80_TCP_PORT", "80"},
                                                               {"CANARY_DEMO_PORT_80_TCP_ADDR", "10.96.0.17"},
                                                               {"CANARY_DNS_PORT_53_UDP", "udp://10.96.0.10:53"},
                                                               {"CANARY_PORT", "tcp://10.96.0.17:80"},
                                                               {"CANARY_HTTP_PORT", "tcp://10.0.0.1:80"}};
  for (const auto& [name, value] : links) BOOST_TEST(is_service_link(name, value), name << "=" << value);
}

BOOST_AUTO_TEST_CASE(a_name_or_a_value_of_another_shape_is_none) {
  const std::vector<std::pair<const char*, const char*>> others{{"CANARY_HTTP_PORT", "8080"},
                                                                {"CANARY_HTTP_PORT", ""},
                                                                {"CANARY_HTTP_PORT", "tcp://nowhere"},
                                                                {"CANARY_HTTP_PORT", "http://10.0.0.1:80"},
                                                                {"CANARY_HTTP_PORT", "tcp://10.0.0.1:70000"},
                                                                {"CANARY_DEMO_SERVICE_HOST", "example.org"},
                                                                {"CANARY_DEMO_SERVICE_PORT", "http"},
                                                                {"CANARY_DEMO_PORT_TCP", "tcp://10.0.0.1:80"},
                                                                {"CANARY_DEMO_PORT_80_HTTP", "tcp://10.0.0.1:80"},
                                                                {"CANARY_DEMO_PORT_80_TCP_NAME", "x"},
                                                                {"CANARY_DEMO", "tcp://10.0.0.1:80"}};
  for (const auto& [name, value] : others) BOOST_TEST(!is_service_link(name, value), name << "=" << value);
}

BOOST_AUTO_TEST_CASE(distance_counts_inserted_and_removed_characters) {
  BOOST_TEST(edit_distance("", "") == 0U);
  BOOST_TEST(edit_distance("abc", "abc") == 0U);
  BOOST_TEST(edit_distance("", "abc") == 3U);
  BOOST_TEST(edit_distance("abc", "") == 3U);
  BOOST_TEST(edit_distance("HTP_PORT", "HTTP_PORT") == 1U);
  BOOST_TEST(edit_distance("abc", "axc") == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
