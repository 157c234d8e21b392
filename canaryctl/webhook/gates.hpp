// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/judge/verdict.hpp>

#include <array>
#include <string_view>

namespace canaryctl {

/// The gates of Flagger that the judge can answer, named as its webhook types are.
enum class gate { rollout, confirm_rollout, pre_rollout, confirm_promotion, rollback };

constexpr std::array<gate, 5> all_gates{gate::rollout, gate::confirm_rollout, gate::pre_rollout,
                                        gate::confirm_promotion, gate::rollback};

/// "rollout", "confirm-rollout", ...: also the last segment of its path.
std::string_view to_string(gate g);

/// 200 or 403. Flagger takes 200 to 202 for a yes and everything else for a no, so there is no third answer. What is
/// still inconclusive lets a rollout go on, and neither promotes nor rolls back.
unsigned answer(gate g, canary::judge::decision decided);

/// Whether a rollout in that phase is under way. Outside of it Flagger asks for the rollout to come under the checksum
/// of the last one, whose verdict is none of its business.
bool under_way(std::string_view flagger_phase);

}  // namespace canaryctl
