// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/gates.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string_view>

using namespace canaryctl;
using canary::judge::decision;

BOOST_AUTO_TEST_SUITE(webhook_gates)

BOOST_AUTO_TEST_CASE(each_gate_answers_each_verdict_with_200_or_403) {
  const struct {
    gate asked;
    unsigned inconclusive, promote, rollback;
  } cases[] = {
      {gate::rollout, 200, 200, 403},     {gate::confirm_rollout, 200, 200, 403},
      {gate::pre_rollout, 200, 200, 403}, {gate::confirm_promotion, 403, 200, 403},
      {gate::rollback, 403, 403, 200},
  };
  BOOST_TEST(std::size(cases) == all_gates.size());
  for (const auto& one : cases) {
    BOOST_TEST_CONTEXT(to_string(one.asked)) {
      BOOST_TEST(answer(one.asked, decision::inconclusive) == one.inconclusive);
      BOOST_TEST(answer(one.asked, decision::promote) == one.promote);
      BOOST_TEST(answer(one.asked, decision::rollback) == one.rollback);
    }
  }
}

BOOST_AUTO_TEST_CASE(gates_are_named_as_flaggers_webhook_types_are) {
  std::set<std::string_view> names;
  for (const auto one : all_gates) names.insert(to_string(one));
  const std::set<std::string_view> expected{"rollout", "confirm-rollout", "pre-rollout", "confirm-promotion",
                                            "rollback"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rollout_is_under_way_from_its_first_step_to_its_last) {
  for (const char* phase : {"Progressing", "WaitingPromotion", "Promoting", "Finalising"})
    BOOST_TEST(under_way(phase), phase);
  for (const char* phase : {"Initializing", "Initialized", "Waiting", "Succeeded", "Failed", "Terminating",
                            "Terminated", "", "progressing"})
    BOOST_TEST(!under_way(phase), phase);
}

BOOST_AUTO_TEST_SUITE_END()
