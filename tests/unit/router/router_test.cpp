// SPDX-License-Identifier: BSL-1.0
#include <canary/router.hpp>

#include "support/allocations.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <stdexcept>

namespace {

using canary::method;
using canary::router;
using outcome = canary::router::outcome;

// A handler that can be told from the others by its address alone.
canary::handler some() {
  return canary::plain_handler([](const canary::request&, canary::context&) { return canary::response{}; });
}

// The template that a path leads to with GET, and its parameters as `name=value,`.
std::string led(const router& r, std::string_view path, method m = method::get) {
  router::parameters p;
  const auto found = r.find(m, path, p);
  if (found.result != outcome::found) return "none";
  std::string text = r.routes()[found.route].path;
  for (const auto& f : p.fields()) text.append(" ").append(f.name).append("=").append(f.value);
  return text;
}

router many() {
  router r;
  for (const auto* path :
       {"/", "/api/items", "/api/items/", "/api/items/new", "/api/items/{id}", "/api/items/{id}/tags/{tag}",
        "/api/{kind}/x", "/{a}/b/c", "/assets/{path*}", "/assets/icon.svg", "/{only}"})
    r.get(path, some());
  return r;
}

struct path_case {
  std::string_view path;
  std::string_view expected;
};

std::ostream& operator<<(std::ostream& out, const path_case& c) { return out << c.path; }

const path_case paths[] = {
    {"/", "/"},
    {"", "none"},
    {"*", "none"},
    {"api", "none"},
    {"//", "none"},
    {"/api/items", "/api/items"},
    {"/api/items/", "/api/items/"},
    {"/API/items", "none"},
    {"/api/items/7", "/api/items/{id} id=7"},
    {"/api/items/7/", "none"},
    {"/api/items/new", "/api/items/new"},
    {"/api/items/newer", "/api/items/{id} id=newer"},
    {"/api/items/7/tags/red", "/api/items/{id}/tags/{tag} id=7 tag=red"},
    {"/api/items/7/tags/", "none"},
    {"/api/items/new/tags/red", "/api/items/{id}/tags/{tag} id=new tag=red"},
    {"/api/items/x", "/api/items/{id} id=x"},
    {"/api/other/x", "/api/{kind}/x kind=other"},
    {"/api//x", "none"},
    {"/api/b/c", "/{a}/b/c a=api"},
    {"/assets/icon.svg", "/assets/icon.svg"},
    {"/assets/a/b/c.css", "/assets/{path*} path=a/b/c.css"},
    {"/assets/", "none"},
    {"/assets//", "/assets/{path*} path=/"},
    {"/assets", "/{only} only=assets"},
    {"/a%20b%2Fc", "/{only} only=a b/c"},
    {"/a+b", "/{only} only=a+b"},
    {"/%zz", "none"},
    {"/a%2", "none"},
    {"/assets/%2", "none"},
    {"/api/items/%C3%BC/tags/%41b", "/api/items/{id}/tags/{tag} id=\xc3\xbc tag=Ab"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(router_)

BOOST_DATA_TEST_CASE(path_leads_to_the_most_literal_template, boost::unit_test::data::make(paths)) {
  BOOST_TEST(led(many(), sample.path) == sample.expected);
}

BOOST_AUTO_TEST_CASE(unknown_path_is_not_found) {
  router::parameters p;
  const auto m = many().find(method::get, "/nowhere/at/all", p);
  BOOST_TEST((m.result == outcome::not_found));
  BOOST_TEST(m.route == router::unmatched);
  BOOST_TEST(m.allow == "");
  BOOST_TEST((router().find(method::get, "/", p).result == outcome::not_found));
}

BOOST_AUTO_TEST_CASE(method_without_a_handler_is_not_allowed_and_told_which_are) {
  router r;
  r.put("/items/{id}", some()).get("/items/{id}", some()).del("/items/{id}", some()).post("/jobs", some());
  router::parameters p;
  const auto m = r.find(method::post, "/items/7", p);
  BOOST_TEST((m.result == outcome::method_not_allowed));
  BOOST_TEST(m.allow == "DELETE, GET, HEAD, OPTIONS, PUT");
  BOOST_TEST(m.route == router::unmatched);
  BOOST_TEST(r.find(method::get, "/jobs", p).allow == "OPTIONS, POST");
  BOOST_TEST((r.find(method::head, "/jobs", p).result == outcome::method_not_allowed));
  BOOST_TEST((r.find(method::other, "/jobs", p).result == outcome::method_not_allowed));
}

BOOST_AUTO_TEST_CASE(options_is_left_to_the_caller_with_allow_unless_it_has_a_handler) {
  router r;
  r.get("/a", some()).add(method::options, "/b", some());
  router::parameters p;
  const auto a = r.find(method::options, "/a", p);
  BOOST_TEST((a.result == outcome::options));
  BOOST_TEST(a.allow == "GET, HEAD, OPTIONS");
  BOOST_TEST(a.route == 0u);
  BOOST_TEST((r.find(method::options, "/b", p).result == outcome::found));
}

BOOST_AUTO_TEST_CASE(head_goes_to_its_own_handler_or_to_gets) {
  router r;
  r.get("/a", some()).get("/b", some()).add(method::head, "/b", some()).any("/b", some());
  router::parameters p;
  BOOST_TEST(r.find(method::head, "/a", p).target == r.find(method::get, "/a", p).target);
  BOOST_TEST(r.find(method::head, "/b", p).target != r.find(method::get, "/b", p).target);
  BOOST_TEST(r.find(method::head, "/b", p).target != r.find(method::post, "/b", p).target);
}

BOOST_AUTO_TEST_CASE(any_takes_what_no_other_handler_does) {
  router r;
  r.any("/echo", some()).post("/echo", some());
  router::parameters p;
  const auto* any = r.find(method::other, "/echo", p).target;
  const auto* post = r.find(method::post, "/echo", p).target;
  BOOST_TEST(any != nullptr);
  BOOST_TEST(post != any);
  for (const auto m : {method::get, method::head, method::options, method::connect, method::trace, method::delete_})
    BOOST_TEST(r.find(m, "/echo", p).target == any);
  BOOST_TEST(r.routes()[0].methods.size() == canary::method_names.size());
}

BOOST_AUTO_TEST_CASE(routes_stand_in_order_with_labels_and_methods) {
  router r;
  r.get("/a/{x}", some(), "a").post("/a/{x}", some()).get("/b", some());
  BOOST_REQUIRE(r.routes().size() == 2u);
  BOOST_TEST(r.routes()[0].path == "/a/{x}");
  BOOST_TEST(r.routes()[0].label == "a");
  BOOST_TEST((r.routes()[0].methods == std::vector{method::get, method::post}));
  BOOST_TEST(r.routes()[1].label == "/b");
  router::parameters p;
  BOOST_TEST(r.find(method::get, "/b", p).route == 1u);
}

BOOST_AUTO_TEST_CASE(contradicting_routes_are_refused) {
  router r;
  r.get("/a/{x}", some(), "a").any("/b", some());
  BOOST_CHECK_THROW(r.get("/a/{x}", some()), std::invalid_argument);
  BOOST_CHECK_THROW(r.post("/a/{y}", some()), std::invalid_argument);
  BOOST_CHECK_THROW(r.post("/a/{x}", some(), "other"), std::invalid_argument);
  BOOST_CHECK_THROW(r.any("/b", some()), std::invalid_argument);
  BOOST_CHECK_THROW(r.add(method::other, "/c", some()), std::invalid_argument);
  BOOST_CHECK_THROW(r.get("/c", canary::plain_handler()), std::invalid_argument);
  BOOST_CHECK_THROW(r.get("/c", canary::async_handler()), std::invalid_argument);
  BOOST_TEST(r.routes().size() == 2u);
  BOOST_CHECK_NO_THROW(r.get("/a/{y}/z", some()));
}

BOOST_AUTO_TEST_CASE(moved_router_keeps_its_handlers) {
  router from;
  from.get("/a/{x}", some());
  router::parameters p;
  const auto* before = from.find(method::get, "/a/1", p).target;
  const router to = std::move(from);
  BOOST_TEST(to.find(method::get, "/a/1", p).target == before);
}

BOOST_AUTO_TEST_CASE(matching_allocates_nothing_once_the_parameters_have_room) {
  const auto r = many();
  router::parameters p;
  // Longer than what a string holds in itself.
  const std::string encoded = "/api/items/" + std::string(100, 'x') + "%20/tags/" + std::string(100, 'y') + "%2F";
  static_cast<void>(r.find(method::get, encoded, p));

  const canary_test::allocations made;
  std::size_t found = 0;
  for (int i = 0; i < 100; ++i) {
    for (const auto& c : paths) found += r.find(method::get, c.path, p).result == outcome::found;
    found += r.find(method::get, encoded, p).result == outcome::found;
    found += r.find(method::delete_, "/api/items", p).result == outcome::method_not_allowed;
    found += r.find(method::options, "/api/items", p).result == outcome::options;
  }
  BOOST_TEST(made.count() == 0u);
  BOOST_TEST(found > 100u);
}

BOOST_AUTO_TEST_CASE(parameters_keep_their_values_side_by_side) {
  router r;
  r.get("/{a}/{b}/{c}", some());
  router::parameters p;
  static_cast<void>(r.find(method::get, "/%41/%42/%43", p));
  BOOST_REQUIRE(p.fields().size() == 3u);
  BOOST_TEST(p.fields()[0].value == "A");
  BOOST_TEST(p.fields()[1].value == "B");
  BOOST_TEST(p.fields()[2].value == "C");
  static_cast<void>(r.find(method::get, "/none", p));
  BOOST_TEST(p.fields().empty());
}

BOOST_AUTO_TEST_SUITE_END()
