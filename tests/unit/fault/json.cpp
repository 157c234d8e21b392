// SPDX-License-Identifier: BSL-1.0
#include <canary/fault.hpp>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using canary::fault_settings;
using canary::parse_faults;

namespace {

std::string mistake(std::string_view body) {
  const auto r = parse_faults(body);
  const auto* text = std::get_if<std::string>(&r);
  return text ? *text : "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fault_json)

BOOST_AUTO_TEST_CASE(every_field_is_read) {
  const auto r = parse_faults(R"({"error_rate": 0.05, "error_status": 503, "latency": "10ms..90ms",
                                  "routes": ["/", "/api/items/{id}"], "ttl": "10m", "seed": 18446744073709551615})");
  BOOST_REQUIRE(std::holds_alternative<fault_settings>(r));
  const auto& s = std::get<fault_settings>(r);
  BOOST_TEST(s.error_rate == 0.05);
  BOOST_TEST(s.error_status == 503U);
  BOOST_TEST((s.latency_min == 10ms && s.latency_max == 90ms));
  BOOST_TEST((s.routes == std::vector<std::string>{"/", "/api/items/{id}"}));
  BOOST_TEST((s.ttl == 10min));
  BOOST_TEST((s.seed == 18446744073709551615ULL));
}

BOOST_AUTO_TEST_CASE(what_is_missing_keeps_its_default) {
  const auto r = parse_faults("{}");
  BOOST_REQUIRE(std::holds_alternative<fault_settings>(r));
  const auto& s = std::get<fault_settings>(r);
  BOOST_TEST(
      (s.error_rate == 0 && s.error_status == 500 && s.latency_max == 0s && s.routes.empty() && !s.ttl && !s.seed));
}

BOOST_AUTO_TEST_CASE(both_sides_of_every_limit) {
  for (const auto* good :
       {R"({"error_rate": 0})", R"({"error_rate": 1})", R"({"error_rate": 1e-9})", R"({"error_status": 400})",
        R"({"error_status": 599})", R"({"latency": "0s"})", R"({"latency": "10m"})", R"({"ttl": "1ms"})",
        R"({"ttl": "24h"})", R"({"seed": 0})", R"({"routes": []})"}) {
    BOOST_TEST(mistake(good) == "", good);
  }
}

BOOST_AUTO_TEST_CASE(a_bad_body_is_answered_with_the_field_and_what_it_takes) {
  struct row {
    const char* body;
    const char* message;
  };
  const std::vector<row> table{
      {"", "the body is no JSON"},
      {"{", "the body is no JSON"},
      {"{} x", "the body is no JSON"},
      {"[1]", "the body takes a JSON object, not [1]"},
      {"null", "the body takes a JSON object, not null"},
      {R"({"error_rate": -0.000001})", "error_rate takes a number from 0 to 1, not "},
      {R"({"error_rate": 1.000001})", "error_rate takes a number from 0 to 1, not "},
      {R"({"error_rate": "0.5"})", "error_rate takes a number from 0 to 1, not \"0.5\""},
      {R"({"error_rate": 5})", "error_rate takes a number from 0 to 1, not 5"},
      {R"({"error_rate": null})", "error_rate takes a number from 0 to 1, not null"},
      {R"({"error_rate": true})", "error_rate takes a number from 0 to 1, not true"},
      {R"({"error_status": 399})", "error_status takes a whole number from 400 to 599, not 399"},
      {R"({"error_status": 600})", "error_status takes a whole number from 400 to 599, not 600"},
      {R"({"error_status": 500.5})", "error_status takes a whole number"},
      {R"({"error_status": -500})", "error_status takes a whole number"},
      {R"({"error_status": 4294967796})", "error_status takes a whole number"},
      {R"({"latency": 50})", "latency takes a string as \"50ms\" or \"10ms..90ms\", at most \"10m\", not 50"},
      {R"({"latency": "50"})", "latency takes"},
      {R"({"latency": "90ms..10ms"})", "latency takes"},
      {R"({"latency": "600001ms"})", "latency takes"},
      {R"({"routes": "/"})", "routes takes an array of path templates"},
      {R"({"routes": [1]})", "routes takes an array of path templates"},
      {R"({"routes": ["api"]})", "routes takes an array of path templates"},
      {R"({"ttl": 30})", "ttl takes a string as \"30s\""},
      {R"({"ttl": "0s"})", "ttl takes"},
      {R"({"ttl": "999us"})", "ttl takes"},
      {R"({"ttl": "1500us"})", "ttl takes"},
      {R"({"ttl": "86400001ms"})", "ttl takes"},
      {R"({"seed": -1})", "seed takes a whole number from 0"},
      {R"({"seed": 1.5})", "seed takes a whole number from 0"},
      {R"({"seed": 18446744073709551616})", "seed takes a whole number from 0"},
      {R"({"eror_rate": 1})", "\"eror_rate\" is no known field; the nearest one is error_rate"},
      {R"({"Error_Rate": 1})", "\"Error_Rate\" is no known field"},
  };
  for (const auto& [body, message] : table) {
    BOOST_TEST(mistake(body).find(message) == 0U, body << " gave: " << mistake(body));
  }
  BOOST_TEST(mistake(R"({"routes": ")" + std::string(10'000, 'x') + "\"}").size() < 300U);
}

BOOST_AUTO_TEST_CASE(what_is_shown_can_be_put_back) {
  fault_settings s;
  const auto round = [](const fault_settings& in) {
    const auto text = serialize(to_json(in));
    const auto r = parse_faults(text);
    BOOST_REQUIRE(std::holds_alternative<fault_settings>(r));
    const auto& out = std::get<fault_settings>(r);
    BOOST_TEST(out.error_rate == in.error_rate);
    BOOST_TEST(out.error_status == in.error_status);
    BOOST_TEST((out.latency_min == in.latency_min && out.latency_max == in.latency_max));
    BOOST_TEST((out.routes == in.routes && out.ttl == in.ttl && out.seed == in.seed));
    return text;
  };
  round(s);
  s = {0.1, 418, 1500us, 90ms, {"/", "/a"}, 1'234ms, 18446744073709551615ULL};
  BOOST_TEST(round(s) == R"({"error_rate":1E-1,"error_status":418,"latency":"1500us..90ms","routes":["/","/a"],)"
                         R"("ttl":"1234ms","seed":18446744073709551615})");
  s.error_rate = 1.0 / 3;
  round(s);
}

BOOST_AUTO_TEST_SUITE_END()
