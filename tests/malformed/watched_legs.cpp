// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/watched_legs.hpp"

#include "tests/malformed/wire_frame.hpp"

namespace ntm::malformed {

void WatchedLegs::allow(PathId path, Role from, std::size_t length) {
    allowed_[{path, from}].add(length);
}

void WatchedLegs::settle(Sum& expected, const Sum& allowed, const Sum& counted) {
    const bool is_between = counted.packets >= expected.packets &&
                            counted.packets <= expected.packets + allowed.packets &&
                            counted.bytes >= expected.bytes &&
                            counted.bytes <= expected.bytes + allowed.bytes;
    hold(is_between, "what might count for a leg counts once at most");
    expected = counted;
}

void WatchedLegs::check(
    const std::vector<relay::PathCounters>& paths, const relay::WorkerCounters& counters
) {
    for (auto& [id, path] : paths_) {
        for (const Role role : {Role::initiator, Role::responder}) {
            const auto number = static_cast<std::size_t>(role);
            const relay::LegCounters& its = paths[path.slot].legs[number];
            const Sum counted{its.packets.value(), its.bytes.value()};
            const auto allowed = allowed_.find({id, role});
            if (allowed != allowed_.end()) {
                settle(path.legs[number], allowed->second, counted);
            }
            hold(
                path.legs[number].packets == counted.packets,
                "a leg counts each of its packets once"
            );
            hold(path.legs[number].bytes == counted.bytes, "with the length that it came with");
        }
    }
    allowed_.clear();
    for (std::size_t reason = 0; reason < errors_.size(); ++reason) {
        hold(
            errors_[reason] == counters.icmp_errors[reason].value(),
            "each ICMP error that is sent counts once, for what it is about"
        );
    }
    hold(cookies_ == counters.cookies_answered.value(), "each COOKIE answer counts once");
}

}  // namespace ntm::malformed
