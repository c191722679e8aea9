// SPDX-License-Identifier: BSD-3-Clause
// Packets of a burst that go on in frames of the relay's own, if they do: those that were cut, and those
// that were put together of fragments. The frames are held against the packets, and what these count
// for shows in what became of them:
//
//   from a node            for its leg, once, if all that it was cut into goes on
//   from a general node    for the other end of the path that it goes by, likewise
//   from a node, turned    for its leg, even if it goes no further; and as from a general node
//
// One that was put together counts with its own length. If it goes no further, whether it turned
// round before shows in the reason: of one such packet in a burst always, of several not if they have
// reasons of different kinds.
#pragma once

#include "tests/malformed/made_buffers.hpp"
#include "tests/malformed/watched_fragments.hpp"
#include "tests/malformed/watched_legs.hpp"
#include "tests/malformed/watched_rs_n.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ntm::malformed {

class RemadePackets {
  public:
    // Frames and what became of them, and what the relay made and dropped meanwhile.
    struct Passed {
        std::span<const WireFrame> frames;
        std::span<const Packet> packets;
        const std::vector<MadeFrame>& made;
        std::span<const relay::NextHop> next_hops;
        Instant now;
    };
    // Both are told of what passed, and outlive it.
    RemadePackets(WatchedRsN& rs_n, WatchedLegs& legs) : rs_n_{rs_n}, legs_{legs} {}

    // Throws BrokenPromise. `dropped`: besides the packets.
    using Dropped = WatchedFragments::Dropped;
    void check(const Passed& passed, const Dropped& dropped);

  private:
    struct Remade {
        Bytes packet;              // as it was before it was translated
        std::optional<PathId> by;  // of a node
        std::size_t length = 0;    // that it counts with
        bool was_joined = false;
    };
    // In the order in which the relay makes frames.
    void settle_from_nodes(const Passed& passed);
    void settle_from_general_nodes(const Passed& passed);
    void settle_turned(const Passed& passed);

    // Its frames are the next ones.
    void settle(const Remade& packet);
    [[nodiscard]] bool settle_sent(const Remade& packet);
    [[nodiscard]] bool settle_told(const Remade& packet);
    void settle_dropped(const Dropped& dropped);

    WatchedRsN& rs_n_;
    WatchedLegs& legs_;
    std::vector<MadePacket> made_;  // of this burst
    std::size_t next_ = 0;          // of them
    std::vector<Remade> dropped_;
};

}  // namespace ntm::malformed
