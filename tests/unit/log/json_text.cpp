// SPDX-License-Identifier: BSL-1.0
#include "json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace canary::detail;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string number(double v) {
  std::string out;
  append_json_number(out, v);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_text)

BOOST_AUTO_TEST_CASE(strings_are_escaped_and_read_back) {
  for (const auto& [text, json] :
       std::vector<std::pair<std::string, std::string>>{{"", R"("")"},
                                                        {"plain", R"("plain")"},
                                                        {"a\"b\\c", R"("a\"b\\c")"},
                                                        {"a\nb\rc\td", R"("a\nb\rc\td")"},
                                                        {std::string("\0\x1b\x1f", 3), R"("\u0000\u001b\u001f")"},
                                                        {"\x7f", R"("\u007f")"},
                                                        {"grün €𝄞", "\"grün €𝄞\""}}) {
    BOOST_TEST(quoted(text) == json);
    BOOST_TEST(std::string(boost::json::parse(quoted(text)).as_string()) == text);
  }
}

BOOST_AUTO_TEST_CASE(every_single_byte_and_pair_gives_valid_json) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text{static_cast<char>(a), static_cast<char>(b)};
      boost::json::error_code ec;
      boost::json::parse(quoted(text), ec);
      if (ec) BOOST_ERROR("bytes " << a << " " << b << ": " << ec.message());
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_utf8_is_replaced) {
  const std::string r = "\xef\xbf\xbd";
  for (const auto& [text, expected] :
       std::vector<std::pair<std::string, std::string>>{{"\x80", r},
                                                        {"\xff", r},
                                                        {"a\xc3", "a" + r},
                                                        {"\xc3(", r + "("},
                                                        {"\xc0\xaf", r + r},                  // overlong
                                                        {"\xe0\x80\xaf", r + r + r},          // overlong
                                                        {"\xed\xa0\x80", r + r + r},          // surrogate
                                                        {"\xf4\x90\x80\x80", r + r + r + r},  // above U+10FFFF
                                                        {"\xe2\x82", r + r},
                                                        {"\xf0\x9d\x84", r + r + r}}) {
    BOOST_TEST(quoted(text) == "\"" + expected + "\"");
  }
}

BOOST_AUTO_TEST_CASE(numbers_that_json_lacks_are_null) {
  BOOST_TEST(number(0.05) == "0.05");
  BOOST_TEST(number(1e300) == "1e+300");
  BOOST_TEST(number(std::numeric_limits<double>::quiet_NaN()) == "null");
  BOOST_TEST(number(-std::numeric_limits<double>::infinity()) == "null");
}

BOOST_AUTO_TEST_CASE(time_is_rfc3339_with_microseconds) {
  using namespace std::chrono;
  const auto text = [](system_clock::time_point t) {
    std::string out;
    append_rfc3339(out, t);
    return out;
  };
  BOOST_TEST(text(system_clock::time_point{}) == "1970-01-01T00:00:00.000000Z");
  BOOST_TEST(text(sys_days{2024y / February / 29} + 23h + 59min + 59s + 999'999us) == "2024-02-29T23:59:59.999999Z");
  BOOST_TEST(text(sys_days{2026y / January / 2} + 3h + 4min + 5s + 6us) == "2026-01-02T03:04:05.000006Z");
}

BOOST_AUTO_TEST_SUITE_END()
