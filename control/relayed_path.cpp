// SPDX-License-Identifier: BSD-3-Clause
#include "control/relayed_path.hpp"

#include "common/crypto/token_mint.hpp"

namespace ntm::control {

namespace {

tables::RelayLeg to_table(const Leg& leg) {
    tables::RelayLeg made;
    if (!leg.binding) {
        return made;
    }
    made.is_bound = true;
    made.remote = leg.binding->outer.remote;
    made.local = leg.binding->outer.local;
    made.next_hop = leg.next_hop;
    if (leg.previous) {
        made.previous_remote = leg.previous->outer.remote;
        made.previous_local = leg.previous->outer.local;
    }
    return made;
}

}  // namespace

Verdict judge_request(
    const Leg& leg, const OuterPair& outer, std::optional<Instant> token_issued
) noexcept {
    if (leg.binding && leg.binding->outer == outer) {
        return Verdict::is_bound_already;
    }
    if (!leg.binding && leg.proven == outer.remote) {
        return Verdict::binds;
    }
    // A token given before the last binding may have been seen by somebody who now repeats the
    // Request that carried it: it moves nothing. Workers mint too, by their own clocks; a node that
    // asks in the moment after a binding gets a later token, and asks again.
    if (token_issued &&
        (!leg.binding || *token_issued > leg.binding->since + crypto::token_clock_skew)) {
        return Verdict::binds;
    }
    return Verdict::needs_token;
}

void bind(Leg& leg, const OuterPair& outer, Instant now) {
    if (leg.binding) {
        leg.previous = Leg::Previous{leg.binding->outer, now + old_source_accepted};
    }
    leg.binding = Leg::Binding{outer, now};
}

tables::RelayPath to_table(const RelayedPath& path) {
    tables::RelayPath made{path.id, {to_table(path.legs[0]), to_table(path.legs[1])}};
    if (path.end) {
        const RelayEnd& end = *path.end;
        made.end = {end.number, end.keys, end.general_nodes, end.exit_hops};
    }
    return made;
}

}  // namespace ntm::control
