// SPDX-License-Identifier: BSD-3-Clause
// A node with a relayed path that is ready, and streams over it.
#pragma once

#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>

namespace ntm::client::testing {

inline const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
inline const Bytes from_peer = inner_packet("198.18.0.2", "198.18.0.1");
inline constexpr PathId path_id{FakeDc::path_number};

[[nodiscard]] inline bool is_data(const Bytes& datagram) {
    return datagram[0] == 0x10;
}

// When the relay forwarded the first DATA after `since`; never if it has not.
[[nodiscard]] inline Instant first_data_after(const NodeWorld& world, Instant since) {
    for (const auto& forwarded : world.relay.forwarded) {
        if (forwarded.at >= since && is_data(forwarded.payload) && forwarded.was_bound) {
            return forwarded.at;
        }
    }
    return Instant::never();
}

// Sends a packet every 10 ms for `duration`.
inline void stream(NodeWorld& world, Duration duration) {
    const Instant end = world.now + duration;
    while (world.now < end) {
        world.send_inner(to_peer);
        world.run_for(milliseconds{10});
    }
}

[[nodiscard]] inline std::size_t bound_data(const NodeWorld& world) {
    return static_cast<std::size_t>(std::count_if(
        world.relay.forwarded.begin(),
        world.relay.forwarded.end(),
        [](const FakeRelay::Forwarded& at) { return is_data(at.payload) && at.was_bound; }
    ));
}

struct Ready : NodeWorld {
    Ready() {
        start();
        make_path();
    }
};

}  // namespace ntm::client::testing
