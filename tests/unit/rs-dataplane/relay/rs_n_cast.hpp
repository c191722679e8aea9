// SPDX-License-Identifier: BSD-3-Clause
// Who plays in the tests of RS-N, beside those of world.hpp: a node by its virtual addresses, a general
// node as the node sees it and as it really is, the public addresses, and what passes between them.
#pragma once

#include "common/base/random.hpp"
#include "common/base/secret.hpp"
#include "rs-dataplane/relay/rs_n.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <memory>
#include <vector>

namespace ntm::relay::testing {

inline const IpAddress vip4 = address("198.18.0.1");
inline const IpAddress vip6 = address("fd00:a::1");
inline const IpAddress other_vip4 = address("198.18.0.2");  // of another node
inline const IpAddress other_vip6 = address("fd00:a::2");
inline const IpAddress gn_vip4 = address("198.18.64.1");
inline const IpAddress gn_vip6 = address("fd00:a:64::1");
inline const IpAddress gn4 = address("203.0.113.80");
inline const IpAddress gn6 = address("2001:db8:b::80");
inline constexpr std::uint16_t first_public_port = 20000;
inline constexpr std::uint16_t last_public_port = 20511;
inline constexpr std::uint32_t most_subscribers = 4;
inline constexpr std::uint64_t gatherer_seed = 1;

inline constexpr std::uint16_t inside_port = 5000;
inline constexpr std::uint16_t gn_port = 443;

using napt::PacketEnds;

// Where general nodes see the node.
struct PublicPair {
    IpAddress ipv4;
    IpAddress ipv6;

    [[nodiscard]] const IpAddress& of(Family family) const {
        return family == Family::ipv4 ? ipv4 : ipv6;
    }
};
inline const PublicPair own_public{rs4.address, rs6.address};
inline const PublicPair other_public{address("203.0.113.200"), address("2001:db8:77::77")};

// One with those ports of each address, or a worker's share of it. `random` and `counters` outlive it.
[[nodiscard]] std::unique_ptr<RsN> make_rs_n(
    const std::vector<PublicPair>& addresses,
    RandomSource& random,
    WorkerCounters& counters,
    Share share = {},
    Instant resets_until = {}
);
// Both ends' keys of DATA.
[[nodiscard]] std::shared_ptr<tables::EndKeys> make_end_keys(
    const Secret32& secret, PathId id, crypto::Suite suite = crypto::Suite::aes_128_gcm
);

// Of a flow between the node and its general node.
struct Ends {
    PacketEnds inside;   // as the node sees it
    PacketEnds outside;  // as the general node does; the source port is the NAPT's choice
};
[[nodiscard]] Ends ends_of(Family family, const PublicPair& at = own_public);
[[nodiscard]] PacketEnds reversed(const PacketEnds& ends);

// The first packet of a flow, of TCP a SYN, and what answers it.
[[nodiscard]] Bytes first_packet(napt::Kind kind, const PacketEnds& ends);
[[nodiscard]] Bytes answer(napt::Kind kind, const PacketEnds& ends);

// Of a frame.
[[nodiscard]] Bytes inner_of(const Bytes& frame);
// Of an echo its identifier.
[[nodiscard]] std::uint16_t source_port(const Bytes& packet);
// An IP packet as the next router sends it on.
[[nodiscard]] Bytes one_hop_less(Bytes packet);
[[nodiscard]] Bytes with_hop_limit(Bytes packet, std::uint8_t limit);
// As a router writes one: nothing of the other's traffic class, identification, flow label or TTL.
[[nodiscard]] Bytes with_own_header(Bytes packet);

}  // namespace ntm::relay::testing
