// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/gates.hpp"

namespace canaryctl {

using canary::judge::decision;

std::string_view to_string(gate g) {
  switch (g) {
    case gate::rollout:
      return "rollout";
    case gate::confirm_rollout:
      return "confirm-rollout";
    case gate::pre_rollout:
      return "pre-rollout";
    case gate::confirm_promotion:
      return "confirm-promotion";
    case gate::rollback:
      return "rollback";
  }
  return "unknown";
}

unsigned answer(gate g, decision decided) {
  bool yes = decided != decision::rollback;
  if (g == gate::confirm_promotion) yes = decided == decision::promote;
  if (g == gate::rollback) yes = decided == decision::rollback;
  return yes ? 200 : 403;
}

bool under_way(std::string_view flagger_phase) {
  return flagger_phase == "Progressing" || flagger_phase == "WaitingPromotion" || flagger_phase == "Promoting" ||
         flagger_phase == "Finalising";
}

}  // namespace canaryctl
