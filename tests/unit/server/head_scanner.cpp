// SPDX-License-Identifier: BSL-1.0
#include "head_scanner.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using canary::detail::head_scanner;
using state = head_scanner::state;

namespace {

state scan(head_scanner& s, std::string_view data) { return s.scan(data.data(), data.size()); }

struct refusal {
  const char* head;
  unsigned status;
  friend std::ostream& operator<<(std::ostream& out, const refusal& r) { return out << r.head; }
};

// The ways to get framing past one of two parsers; the whole table runs against the real server in test_server.py.
const refusal refusals[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: br, chunked\r\n\r\n", 501},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     400},
    {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a:70000\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(head_scanner_)

BOOST_DATA_TEST_CASE(ambiguous_head_is_refused_however_it_is_cut, refusals, given) {
  const std::string_view head = given.head;
  for (std::size_t cut = 0; cut <= head.size(); ++cut) {
    head_scanner s({});
    auto result = scan(s, head.substr(0, cut));
    if (result == state::more) result = scan(s, head);
    BOOST_TEST((result == state::bad));
    BOOST_TEST(s.error_status() == given.status);
  }
}

BOOST_AUTO_TEST_CASE(head_read_byte_by_byte_from_a_moving_buffer_is_the_same) {
  const std::string head =
      "POST http://h.example:80/a/b?c=d HTTP/1.1\r\nHost: x\r\nA:  b \t\r\nContent-Length: 0042\r\nConnection: x, "
      "close\r\n\r\n";
  head_scanner s({});
  for (std::size_t n = 1; n < head.size(); ++n) {
    const std::string moved = head.substr(0, n);
    BOOST_REQUIRE((scan(s, moved) == state::more));
  }
  BOOST_REQUIRE((scan(s, head + "tail") == state::done));
  canary::request r;
  std::vector<canary::field> fields;
  s.fill(r, fields, head.data());
  BOOST_TEST(s.size() == head.size());
  BOOST_TEST(r.method_name == "POST");
  BOOST_TEST(r.target == "http://h.example:80/a/b?c=d");
  BOOST_TEST(r.path == "/a/b");
  BOOST_TEST(r.query == "c=d");
  BOOST_TEST(r.fields.size() == 4U);
  BOOST_TEST(r.fields[1].value == "b");
  BOOST_TEST(s.content_length() == 42U);
  BOOST_TEST(!s.keep_alive());
}

BOOST_AUTO_TEST_CASE(limits_hold_to_the_byte) {
  const std::string head = "GET /abc HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
  head_scanner exact({head.size(), 9});
  BOOST_TEST((scan(exact, head) == state::done));
  head_scanner small({head.size() - 1, 9});
  BOOST_TEST((scan(small, head) == state::bad));
  BOOST_TEST(small.error_status() == 431U);
  head_scanner body({head.size(), 8});
  BOOST_TEST((scan(body, head) == state::bad));
  BOOST_TEST(body.error_status() == 413U);
  head_scanner target({10, 9});
  BOOST_TEST((scan(target, head) == state::bad));
  BOOST_TEST(target.error_status() == 414U);
}

BOOST_AUTO_TEST_CASE(reset_forgets_everything) {
  head_scanner s({});
  BOOST_TEST((scan(s, "GET / HTTP/1.0\r\nConnection: close\r\nContent-Length: 3\r\n\r\n") == state::done));
  s.reset();
  BOOST_TEST(s.fresh());
  BOOST_TEST((scan(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n") == state::done));
  BOOST_TEST(s.content_length() == 0U);
  BOOST_TEST(s.keep_alive());
}

BOOST_AUTO_TEST_SUITE_END()
