// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/output.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <sstream>

using namespace canaryctl;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(output)

BOOST_AUTO_TEST_CASE(json_reads_back_as_it_was) {
  const json::value value = {{"text", "a\"b\n\xc3\xa4"},
                             {"n", 12},
                             {"x", 0.1},
                             {"big", 2592000.0},
                             {"list", {1, 2.5, nullptr, true}},
                             {"none", json::object{}},
                             {"empty", json::array{}},
                             {"tiny", 1.0 / 3e9}};
  std::ostringstream out;
  write_json(out, value);
  const auto read = json::parse(out.str());
  BOOST_TEST(read.at("text") == value.at("text"));
  BOOST_TEST(read.at("tiny").to_number<double>() == 1.0 / 3e9);
  BOOST_TEST(read.at("x").to_number<double>() == 0.1);
  BOOST_TEST(read.at("list").as_array().size() == 4u);
  BOOST_TEST(out.str().find("2592000,") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_json_cannot_hold_is_null) {
  std::ostringstream out;
  write_json(out, json::array{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()});
  BOOST_TEST(json::parse(out.str()) == json::value({nullptr, nullptr}));
  BOOST_TEST(number_or_null(-std::numeric_limits<double>::infinity()).is_null());
}

BOOST_AUTO_TEST_CASE(counts_are_grouped_by_thousands) {
  BOOST_TEST(grouped(0) == "0");
  BOOST_TEST(grouped(999) == "999");
  BOOST_TEST(grouped(1000) == "1,000");
  BOOST_TEST(grouped(1234567) == "1,234,567");
  BOOST_TEST(decimals(-0.0, 1) == "0.0");
}

BOOST_AUTO_TEST_SUITE_END()
