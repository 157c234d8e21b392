// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/text_format.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace canaryctl;

BOOST_AUTO_TEST_SUITE(text_format)

BOOST_AUTO_TEST_CASE(a_scrape_is_read_with_types_labels_escapes_and_stamps) {
  const auto read = parse_text_format(
      "# HELP a_total Things \\\\ counted\n"
      "# TYPE a_total counter\n"
      "# just a comment\n"
      "\n"
      "a_total{code=\"200\",path=\"/a\\\"b\\\\c\\nd\",} 1e3\n"
      "a_total{code=\"500\"} 2 1700000000000\n"
      "  b\t+Inf\n"
      "c{} NaN\n"
      "d:e -0.5\n");
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST_REQUIRE(read->samples.size() == 5u);
  BOOST_TEST(read->types.at("a_total") == "counter");
  BOOST_TEST(read->samples[0].label("path") == "/a\"b\\c\nd");
  BOOST_TEST(read->samples[0].value == 1000);
  BOOST_TEST(read->samples[1].timestamp_ms.value() == 1700000000000);
  BOOST_TEST(std::isinf(read->samples[2].value));
  BOOST_TEST(std::isnan(read->samples[3].value));
  BOOST_TEST(read->samples[4].value == -0.5);
}

BOOST_AUTO_TEST_CASE(a_bad_line_is_named_with_what_was_expected) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"a 1\nb\n", "line 2: expected a value of b"},
      {"a 1\nb 2", "line 2: the last line does not end"},
      {"a{x=\"1} 2\n", "line 1: expected a quoted value of the label x"},
      {"a{x=1} 2\n", "line 1: expected a quoted value of the label x"},
      {"a{x=\"1\" y=\"2\"} 2\n", "line 1: expected , or } after the label x"},
      {"a{x=\"1\",x=\"2\"} 2\n", "line 1: the label x is there twice"},
      {"a{x=\"\\q\"} 2\n", "line 1: expected a quoted value of the label x"},
      {"1a 2\n", "line 1: expected a metric name"},
      {"a 0x10\n", "line 1: expected a value of a"},
      {"a 1 soon\n", "line 1: expected a timestamp"},
      {"a 1 2 3\n", "line 1: expected a timestamp"},
      {"# TYPE a thing\n", "line 1: unknown type 'thing' of a"},
      {"# TYPE a counter\n# TYPE a counter\n", "line 2: a second TYPE for a"},
      {"<html>\n", "line 1: expected a metric name"},
  };
  for (const auto& one : cases) {
    const auto read = parse_text_format(one.text);
    BOOST_TEST(read.has_error(), one.text);
    if (read.has_error()) BOOST_TEST(read.error().what.find(one.problem) == 0u, read.error().what);
  }
}

BOOST_AUTO_TEST_CASE(sums_choose_by_label) {
  const auto read = parse_text_format(
      "r{version=\"v1\",code=\"200\"} 3\nr{version=\"v1\",code=\"503\"} 1\nr{version=\"v2\",code=\"200\"} 2\nr 5\nq "
      "9\n");
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(sum_of(*read, "r") == 11);
  BOOST_TEST(sum_of(*read, "r", {{"version", "v1"}}) == 4);
  BOOST_TEST(sum_of(*read, "r", {{"version", "v3"}}) == 0);
  const auto errors =
      sum_by(*read, "r", "version", [](const sample& one) { return one.label("code").starts_with('5'); });
  BOOST_TEST(errors.size() == 1u);
  BOOST_TEST(errors.at("v1") == 1);
  BOOST_TEST(sum_by(*read, "r", "version").at("") == 5);
}

BOOST_AUTO_TEST_SUITE_END()
