// SPDX-License-Identifier: BSL-1.0
#include "route_template.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace {

struct bad_template {
  std::string_view path;
  std::string_view reason;
};

std::ostream& operator<<(std::ostream& out, const bad_template& b) { return out << b.path; }

const bad_template bad[] = {
    {"", "starts with `/`"},
    {"a", "starts with `/`"},
    {"/a b", "no blanks"},
    {"/a?b", "no blanks"},
    {"/a#b", "no blanks"},
    {"/\xc3\xbc", "outside ASCII"},
    {"/a%2", "unfinished `%` escapes"},
    {"/a{b}", "whole segment"},
    {"/{a}b", "whole segment"},
    {"/{a}{b}", "`a}{b`"},
    {"/{", "whole segment"},
    {"/{a", "whole segment"},
    {"/a}", "whole segment"},
    {"/{}", "a name is of"},
    {"/{*}", "a name is of"},
    {"/{1a}", "a name is of"},
    {"/{a-b}", "a name is of"},
    {"/{a}/{a}", "`a` stands there twice"},
    {"/{a*}/b", "has to be the last segment"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(route_template)

BOOST_DATA_TEST_CASE(bad_template_is_refused_by_name_and_reason, boost::unit_test::data::make(bad)) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(canary::parse_template(sample.path)), std::invalid_argument,
                        [&](const std::exception& e) {
                          const std::string what = e.what();
                          BOOST_TEST_INFO(what);
                          return what.find("template `" + std::string(sample.path) + "`") != what.npos &&
                                 what.find(sample.reason) != what.npos;
                        });
}

BOOST_AUTO_TEST_CASE(template_is_split_into_literals_parameters_and_rest) {
  using kind = canary::template_segment::type;
  const auto s = canary::parse_template("/api/{id}/x/{path*}");
  BOOST_REQUIRE(s.size() == 4u);
  BOOST_TEST((s[0].kind == kind::literal && s[0].text == "api"));
  BOOST_TEST((s[1].kind == kind::parameter && s[1].text == "id"));
  BOOST_TEST((s[2].kind == kind::literal && s[2].text == "x"));
  BOOST_TEST((s[3].kind == kind::rest && s[3].text == "path"));
  BOOST_TEST(canary::parse_template("/").size() == 1u);
  BOOST_TEST(canary::parse_template("/a/").size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
