// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/cli/values.hpp"

#include <CLI/CLI.hpp>

#include <boost/test/unit_test.hpp>

using namespace canaryctl;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(option_values)

BOOST_AUTO_TEST_CASE(durations_have_units) {
  BOOST_TEST((parse_duration("250ms") == 250ms));
  BOOST_TEST((parse_duration("1.5s") == 1500ms));
  BOOST_TEST((parse_duration("1h30m") == 90min));
  BOOST_TEST((parse_duration("30d") == 720h));
  BOOST_TEST((parse_duration("2w") == 336h));
  BOOST_TEST((parse_duration("1y") == 8760h));
  for (const auto* text : {"", "5", "s", "5 s", "5x", "-5s", "5s ", "1e3s", "nans", "1..5s", "99999999999d"}) {
    BOOST_TEST(!parse_duration(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_written_duration_reads_back) {
  for (const std::chrono::nanoseconds duration : {1ns, 250ms + 0ns, 90min + 0ns, 720h + 0ns, 1h + 1s + 0ns, 0s + 0ns}) {
    BOOST_TEST((parse_duration(format_duration(duration)) == duration), format_duration(duration));
  }
  BOOST_TEST(format_duration(90min) == "1h30m");
}

BOOST_AUTO_TEST_CASE(numbers_are_finite_and_whole_texts) {
  BOOST_TEST(parse_number("99.9").value() == 99.9);
  BOOST_TEST(parse_number("1e3").value() == 1000);
  for (const auto* text : {"", "nan", "inf", "-inf", "1x", " 1", "0x10", "1e999", "+1"}) {
    BOOST_TEST(!parse_number(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(limits_hold_on_both_sides) {
  double rate = 7;
  CLI::App app;
  add_number(app, "--rate", rate, 0, 100, "");
  const auto parse = [&](const std::string& text) {
    try {
      app.parse("--rate " + text);
      return true;
    } catch (const CLI::ParseError&) {
      return false;
    }
  };
  BOOST_TEST(parse("0.001"));
  BOOST_TEST(parse("100"));
  BOOST_TEST(rate == 100);
  for (const auto* text : {"0", "100.001", "-1", "nan", "inf", "fast"}) BOOST_TEST(!parse(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
