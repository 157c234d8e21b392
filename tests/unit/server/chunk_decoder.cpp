// SPDX-License-Identifier: BSL-1.0
#include "chunk_decoder.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using canary::detail::chunk_decoder;
using state = chunk_decoder::state;

BOOST_AUTO_TEST_SUITE(chunk_decoder_)

BOOST_AUTO_TEST_CASE(body_is_the_same_in_pieces_of_any_size) {
  const std::string input = "5;a=\"b\"\r\nhello\r\n00006\r\n world\r\n0 ;x\r\nA: b\r\nC:\r\n\r\nrest";
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    chunk_decoder d;
    std::string body;
    auto result = state::more;
    std::size_t at = 0;
    while (result == state::more && at < input.size()) {
      const auto [r, consumed] = d.feed(std::string_view(input).substr(at, piece), body);
      result = r;
      at += consumed;
    }
    BOOST_TEST((result == state::done));
    BOOST_TEST(body == "hello world");
    BOOST_TEST(input.substr(at) == "rest");
  }
}

BOOST_AUTO_TEST_CASE(limits_hold_to_the_byte) {
  const auto status = [](chunk_decoder::limits l, std::string_view input) {
    chunk_decoder d(l);
    std::string body;
    const auto result = d.feed(input, body).result;
    return result == state::done ? 200U : result == state::more ? 100U : d.error_status();
  };
  BOOST_TEST(status({.body = 4}, "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n") == 200U);
  BOOST_TEST(status({.body = 3}, "2\r\nab\r\n2\r\n") == 413U);
  BOOST_TEST(status({.body = 4}, "fffffffffffffffff\r\n") == 413U);
  BOOST_TEST(status({.body = 4, .extensions = 8}, "1;abcde\r\na\r\n0\r\n\r\n") == 200U);
  BOOST_TEST(status({.body = 4, .extensions = 8}, "1;abcdefgh\r\na\r\n0\r\n\r\n") == 400U);
  BOOST_TEST(status({.body = 4, .extensions = 8}, "000000000") == 400U);
  BOOST_TEST(status({.body = 4, .trailer = 5}, "0\r\nA: b\r\n\r\n") == 200U);
  BOOST_TEST(status({.body = 4, .trailer = 5}, "0\r\nA: bc\r\n\r\n") == 431U);
}

BOOST_AUTO_TEST_CASE(ill_formed_framing_is_refused) {
  for (const std::string_view input :
       {"\r\n", "g\r\n", " 1\r\n", "-1\r\n", "0x1\r\n", "1\na", "1\r\nab", "1\r\na\n", "1\r\na\rb", "1;\x01\r\n",
        "1 a\r\n", "0\r\n\n", "0\r\n: a\r\n", "0\r\nA b\r\n", "0\r\nA: \x01\r\n", "0\r\n A: b\r\n", "0\r\nA: b\n"}) {
    chunk_decoder d;
    std::string body;
    BOOST_TEST((d.feed(input, body).result == state::bad), input);
    BOOST_TEST(d.error_status() == 400U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
