// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/rollout.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace canaryctl;

namespace {

struct refused_case {
  std::string given;
  std::string says;
};

std::string flagger(const std::string& more, const std::string& name = "web") {
  return R"({"name":")" + name + R"(","namespace":"shop","phase":"Progressing","checksum":"6f9b5c")" +
         (more.empty() ? "" : "," + more) + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(webhook_rollout)

BOOST_AUTO_TEST_CASE(a_payload_of_flagger_names_a_rollout) {
  const auto call =
      parse_flagger(flagger(R"("metadata":{"version":"v2","config":"abc","other":"left alone"},"more":1)"));
  BOOST_TEST_REQUIRE(call.has_value());
  BOOST_TEST((call->key == rollout_key{"shop", "web", "6f9b5c", "v2", "abc"}));
  BOOST_TEST(call->phase == "Progressing");
  BOOST_TEST(to_string(call->key) == "shop/web (6f9b5c)");
}

BOOST_AUTO_TEST_CASE(metadata_may_be_missing_or_null) {
  for (const char* more : {"", R"("metadata":null)", R"("metadata":{})"}) {
    BOOST_TEST_CONTEXT(more) {
      const auto call = parse_flagger(flagger(more));
      BOOST_TEST_REQUIRE(call.has_value());
      BOOST_TEST(call->key.version.empty());
      BOOST_TEST(call->key.config.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_payload_that_cannot_be_read_is_named_with_what_was_expected) {
  const refused_case cases[] = {
      {"", "body: not JSON ("},
      {"{", "body: not JSON ("},
      {flagger("") + "x", "body: not JSON ("},
      {"[1,2]", "body: [1,2]: expected an object"},
      {std::string(20, '[') + std::string(20, ']'), "body: not JSON ("},
      {R"({"namespace":"shop","phase":"Progressing","checksum":"a"})",
       "name: missing: expected a name of Kubernetes: 1 to 253 of a-z 0-9 - ."},
      {R"({"name":"web","phase":"Progressing","checksum":"a"})", "namespace: missing"},
      {R"({"name":"web","namespace":"shop","checksum":"a"})", "phase: missing: expected a phase of Flagger's Canary"},
      {R"({"name":"web","namespace":"shop","phase":"Dancing","checksum":"a"})",
       R"(phase: "Dancing": expected a phase of Flagger's Canary, such as Progressing)"},
      {R"({"name":"web","namespace":"shop","phase":"Failed"})", "checksum: missing"},
      {R"({"name":"web","namespace":"shop","phase":"Failed","checksum":"a b"})",
       R"(checksum: "a b": expected at most 128 of A-Z a-z 0-9 . _ + -)"},
      {R"({"name":7,"namespace":"shop","phase":"Failed","checksum":"a"})", "name: 7: expected text"},
      {flagger("", "Web"), R"(name: "Web": expected a name of Kubernetes)"},
      {flagger("", "web-"), R"(name: "web-": expected a name of Kubernetes)"},
      {flagger("", R"(web\",track=\"stable)"), R"(name: "web\",track=\"stable": expected a name of Kubernetes)"},
      {flagger("", std::string(254, 'a')), "name: \"" + std::string(59, 'a') + "...: expected a name of Kubernetes"},
      {flagger(R"("metadata":"v2")"), R"(metadata: "v2": expected an object of texts)"},
      {flagger(R"("metadata":{"replicas":2})"), "metadata.replicas: 2: expected text"},
      {flagger(R"("metadata":{"version":"v2\"} or up{"})"), "metadata.version: "},
      {flagger(R"("metadata":{"version":")" + std::string(65, 'v') + "\"}"), "metadata.version: "},
      {flagger(R"("metadata":{"config":"abc"})"),
       "metadata.version: missing: expected the version that has this config"},
  };
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.given) {
      const auto call = parse_flagger(one.given);
      BOOST_TEST_REQUIRE(!call.has_value());
      BOOST_TEST(call.error().what.find(one.says) == 0u, call.error().what);
    }
  }
}

BOOST_AUTO_TEST_CASE(both_sides_of_every_limit) {
  const auto call = [](std::size_t name, std::size_t checksum, std::size_t version) {
    return parse_fields({{"namespace", "shop"},
                         {"name", std::string(name, 'a')},
                         {"checksum", std::string(checksum, 'b')},
                         {"version", std::string(version, 'c')}})
        .has_value();
  };
  BOOST_TEST(call(253, 128, 64));
  BOOST_TEST(!call(254, 128, 64));
  BOOST_TEST(!call(253, 129, 64));
  BOOST_TEST(!call(253, 128, 65));
  BOOST_TEST(call(1, 1, 0));
  BOOST_TEST(!call(0, 1, 0));
  BOOST_TEST(!call(1, 0, 0));
}

BOOST_AUTO_TEST_CASE(fields_of_argo_rollouts_have_no_metadata_around_them) {
  const auto call =
      parse_fields({{"namespace", "shop"}, {"name", "web"}, {"checksum", "1"}, {"version", "v2"}, {"config", "abc"}});
  BOOST_TEST_REQUIRE(call.has_value());
  BOOST_TEST((call->key == rollout_key{"shop", "web", "1", "v2", "abc"}));
  BOOST_TEST(call->phase.empty());
  const auto lacking = parse_fields({{"namespace", "shop"}, {"name", "web"}, {"checksum", "1"}, {"config", "abc"}});
  BOOST_TEST_REQUIRE(!lacking.has_value());
  BOOST_TEST(lacking.error().what == "version: missing: expected the version that has this config");
}

BOOST_AUTO_TEST_CASE(an_object_of_texts_is_read_member_by_member) {
  const auto fields = text_members(R"({"namespace":"shop","name":"w\u0065b"})");
  BOOST_TEST_REQUIRE(fields.has_value());
  BOOST_TEST((*fields == std::map<std::string, std::string>{{"name", "web"}, {"namespace", "shop"}}));
  const refused_case cases[] = {{R"({"name":null})", "name: null: expected text"},
                                {R"({"name":"a","checksum":1})", "checksum: 1: expected text"},
                                {"\"text\"", "body: \"text\": expected an object"},
                                {"name=web", "body: not JSON ("}};
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(one.given) {
      const auto read = text_members(one.given);
      BOOST_TEST_REQUIRE(!read.has_value());
      BOOST_TEST(read.error().what.find(one.says) == 0u, read.error().what);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_template_is_filled_in_with_what_is_asked_about) {
  const rollout_key key{"shop", "web", "1"};
  const refused_case cases[] = {
      {R"(namespace="{namespace}",app="{name}")", R"(namespace="shop",app="web")"},
      {R"(job="{namespace}/{name}/{name}")", R"(job="shop/web/web")"},
      {R"(track="stable")", R"(track="stable")"},
      {R"(pod=~"{name}-[a-f0-9]{8}",x="{other}")", R"(pod=~"web-[a-f0-9]{8}",x="{other}")"},
      {"", ""},
  };
  for (const auto& one : cases) BOOST_TEST(fill_in(one.given, key) == one.says);
}

BOOST_AUTO_TEST_CASE(rollouts_are_told_apart_by_each_part_of_their_key) {
  const rollout_key key{"shop", "web", "1", "v2", "abc"};
  for (const auto member : {&rollout_key::name_space, &rollout_key::name, &rollout_key::checksum, &rollout_key::version,
                            &rollout_key::config}) {
    auto other = key;
    other.*member += "x";
    BOOST_TEST((other != key));
    BOOST_TEST((key < other));
  }
}

BOOST_AUTO_TEST_SUITE_END()
