// SPDX-License-Identifier: BSL-1.0
#include "quantities.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <vector>

using namespace canary::detail;
using std::chrono::microseconds;

BOOST_AUTO_TEST_SUITE(quantities)

BOOST_AUTO_TEST_CASE(durations_carry_units_and_are_exact) {
  struct row {
    const char* text;
    long long us;
    const char* normal;
  };
  for (const auto& [text, us, normal] : std::vector<row>{{"0s", 0, "0s"},
                                                         {"0ms", 0, "0s"},
                                                         {"1us", 1, "1us"},
                                                         {"250ms", 250'000, "250ms"},
                                                         {"1.5s", 1'500'000, "1500ms"},
                                                         {"0.000001s", 1, "1us"},
                                                         {"1.10s", 1'100'000, "1100ms"},
                                                         {"120s", 120'000'000, "2m"},
                                                         {"1m30s", 90'000'000, "90s"},
                                                         {"1h2m3s4ms5us", 3'723'004'005, "3723004005us"},
                                                         {"0.5h", 1'800'000'000, "30m"},
                                                         {"2h", 7'200'000'000, "2h"}}) {
    BOOST_TEST_CONTEXT(text) {
      const auto d = parse_duration(text);
      BOOST_TEST(d.problem == "");
      BOOST_TEST(d.value.count() == us);
      BOOST_TEST(format_duration(d.value) == normal);
      BOOST_TEST(parse_duration(normal).value.count() == us);
    }
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_duration) {
  for (const auto* text : {"",
                           "5",
                           "-5s",
                           "+5s",
                           " 5s",
                           "5s ",
                           "5 s",
                           "s",
                           ".5s",
                           "5.s",
                           "5S",
                           "5sec",
                           "5d",
                           "1s1m",
                           "1s1s",
                           "1e3s",
                           "0.5us",
                           "1.0000001s",
                           "0x5s",
                           "5,5s",
                           "99999999999999999999s",
                           "9223372036854775808us",
                           "2562047788016h"}) {
    BOOST_TEST(!parse_duration(text).problem.empty(), "accepted: '" << text << "'");
  }
  BOOST_TEST(parse_duration("9223372036854775807us").value.count() == std::numeric_limits<std::int64_t>::max());
  BOOST_TEST(parse_duration("5").problem == "has no unit, as in 5s");
}

BOOST_AUTO_TEST_CASE(latency_is_one_duration_or_a_range) {
  BOOST_TEST((parse_latency("50ms").value == canary::latency_range{microseconds(50'000), microseconds(50'000)}));
  BOOST_TEST((parse_latency("10ms..90ms").value == canary::latency_range{microseconds(10'000), microseconds(90'000)}));
  BOOST_TEST((parse_latency("0s..1.5ms").value == canary::latency_range{microseconds(0), microseconds(1'500)}));
  BOOST_TEST(format_latency({microseconds(10'000), microseconds(90'000)}) == "10ms..90ms");
  BOOST_TEST(format_latency({microseconds(50), microseconds(50)}) == "50us");
  for (const auto* text :
       {"", "..", "10ms..", "..10ms", "90ms..10ms", "10ms...90ms", "10..90ms", "10ms-90ms", "1ms..2ms..3ms"}) {
    BOOST_TEST(!parse_latency(text).problem.empty(), "accepted: '" << text << "'");
  }
}

BOOST_AUTO_TEST_CASE(byte_sizes_carry_units) {
  struct row {
    const char* text;
    std::uint64_t bytes;
    const char* normal;
  };
  for (const auto& [text, bytes, normal] : std::vector<row>{{"0B", 0, "0B"},
                                                            {"0KiB", 0, "0B"},
                                                            {"1023B", 1023, "1023B"},
                                                            {"1024B", 1024, "1KiB"},
                                                            {"64KiB", 65'536, "64KiB"},
                                                            {"1MiB", 1'048'576, "1MiB"},
                                                            {"1536KiB", 1'572'864, "1536KiB"},
                                                            {"8589934591GiB", 8589934591ULL << 30, "8589934591GiB"}}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(parse_bytes(text).problem == "");
      BOOST_TEST(parse_bytes(text).value == bytes);
      BOOST_TEST(format_bytes(bytes) == normal);
    }
  }
  for (const auto* text : {"", "64", "64K", "64KB", "64kib", "64k", "-1B", "1.5KiB", " 1B", "1 B", "KiB",
                           "8589934592GiB", "99999999999999999999B", "0x10B"}) {
    BOOST_TEST(!parse_bytes(text).problem.empty(), "accepted: '" << text << "'");
  }
}

BOOST_AUTO_TEST_CASE(numbers_take_the_whole_text) {
  BOOST_TEST(parse_number<unsigned>("0").value == 0U);
  BOOST_TEST(parse_number<std::uint64_t>("18446744073709551615").value == std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(parse_number<std::uint64_t>("18446744073709551616").problem == "is out of range");
  for (const auto* text : {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "8081x", "one"}) {
    BOOST_TEST(!parse_number<unsigned>(text).problem.empty(), "accepted: '" << text << "'");
  }
  BOOST_TEST(parse_number<double>("0.05").value == 0.05);
  BOOST_TEST(parse_number<double>("1e-3").value == 0.001);
  for (const auto* text : {"", "nan", "inf", "-inf", "+0.5", "5%", "0,5", "0x1p-2", "1e999", " 0.5", "0.5 "}) {
    BOOST_TEST(!parse_number<double>(text).problem.empty(), "accepted: '" << text << "'");
  }
  for (const double v : {0.0, 0.05, 0.1, 1.0 / 3, 1e-9, 1.0})
    BOOST_TEST(parse_number<double>(format_real(v)).value == v);
}

BOOST_AUTO_TEST_SUITE_END()
