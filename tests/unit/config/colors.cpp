// SPDX-License-Identifier: BSL-1.0
#include <canary/color.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using canary::color_rgb;
using canary::rgb;

BOOST_AUTO_TEST_SUITE(colors)

BOOST_AUTO_TEST_CASE(names_and_numbers_give_their_rgb) {
  struct row {
    const char* text;
    rgb value;
  };
  for (const auto& [text, value] : std::vector<row>{{"white", {255, 255, 255}},
                                                    {"green", {0, 128, 0}},
                                                    {"yellow", {255, 255, 0}},
                                                    {"aliceblue", {0xf0, 0xf8, 0xff}},
                                                    {"yellowgreen", {0x9a, 0xcd, 0x32}},
                                                    {"rebeccapurple", {0x66, 0x33, 0x99}},
                                                    {"lightgoldenrodyellow", {0xfa, 0xfa, 0xd2}},
                                                    {"grey", {128, 128, 128}},
                                                    {"RebeccaPurple", {0x66, 0x33, 0x99}},
                                                    {"#fff", {255, 255, 255}},
                                                    {"#1aF", {0x11, 0xaa, 0xff}},
                                                    {"#0a0B0c", {0x0a, 0x0b, 0x0c}}}) {
    const auto got = color_rgb(text);
    BOOST_TEST(got.has_value(), text);
    BOOST_TEST((got == value), text);
  }
}

BOOST_AUTO_TEST_CASE(nothing_that_could_leave_a_style_sheet_is_a_colour) {
  for (const auto* text :
       {"",          "#",          "#1",       "#12",         "#1234",        "#12345",  "#1234567",
        "#12345678", "#ggg",       "#-12",     "#+12",        "# 12",         "red;}",   "red ",
        " red",      "rgb(1,2,3)", "var(--x)", "transparent", "currentcolor", "grellow", "lightgoldenrodyellowx",
        "ffffff",    "</style>"}) {
    BOOST_TEST(!color_rgb(text), "accepted: '" << text << "'");
  }
  BOOST_TEST(!color_rgb({"red\0", 4}));
}

BOOST_AUTO_TEST_SUITE_END()
