// SPDX-License-Identifier: BSL-1.0
#include <canary/http.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

namespace {

using canary::field;

struct query_case {
  std::string_view query;
  std::string_view name;
  std::optional<std::string> expected;
};

std::ostream& operator<<(std::ostream& out, const query_case& c) { return out << c.query << " / " << c.name; }

const query_case queries[] = {
    {"a=1", "a", "1"},
    {"a=1&b=2", "b", "2"},
    {"a=1&a=2", "a", "1"},
    {"a", "a", ""},
    {"a=", "a", ""},
    {"a=b=c", "a", "b=c"},
    {"&&a=1&", "a", "1"},
    {"a=x+y", "a", "x y"},
    {"a=x%20y%2Bz", "a", "x y+z"},
    {"a%20b=1", "a b", "1"},
    {"%61=1", "a", "1"},
    {"a=%C3%BC", "a", "\xc3\xbc"},
    {"A=1", "a", std::nullopt},
    {"b=1", "a", std::nullopt},
    {"", "a", std::nullopt},
    {"a=%zz", "a", std::nullopt},
    {"a=%4", "a", std::nullopt},
    {"b=%zz&a=1", "a", "1"},
    {"%zz=1&a=1", "a", "1"},
    {"b=[|]&a=1", "a", "1"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(request)

BOOST_DATA_TEST_CASE(query_parameter_is_the_first_of_its_name_decoded, boost::unit_test::data::make(queries)) {
  canary::request r;
  r.query = sample.query;
  const auto found = r.query_parameter(sample.name);
  BOOST_TEST(found.has_value() == sample.expected.has_value());
  if (found && sample.expected) BOOST_TEST(*found == *sample.expected);
}

BOOST_AUTO_TEST_CASE(header_is_found_in_any_case_and_the_first_one_counts) {
  const std::array<field, 3> fields{{{"Host", "a"}, {"X-Id", "1"}, {"x-id", "2"}}};
  canary::request r;
  r.fields = fields;
  BOOST_TEST(r.header("X-ID") == "1");
  BOOST_TEST(r.header("host") == "a");
  BOOST_TEST(r.header("Hos") == "");
  BOOST_TEST(r.header("Hostt") == "");
}

BOOST_AUTO_TEST_CASE(parameter_is_found_by_its_exact_name) {
  const std::array<field, 2> parameters{{{"id", "7"}, {"name", "x y"}}};
  canary::request r;
  r.parameters = parameters;
  BOOST_TEST(r.parameter("name") == "x y");
  BOOST_TEST(r.parameter("ID") == "");
}

BOOST_AUTO_TEST_SUITE_END()
