// SPDX-License-Identifier: BSD-3-Clause
// What the tunnels of a node share, lent by TunnelManager: its relays, its addresses, its
// randomness, and the place where they put what is to be done.
#pragma once

#include "client/node/last_segments.hpp"
#include "client/node/local_addresses.hpp"
#include "client/node/relay_watch.hpp"
#include "common/base/datagram.hpp"
#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/crypto/token_mint.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/key_log.hpp"

#include <cstdint>
#include <vector>

namespace ntm::client {

// Packets that were not for us to deliver or to send, by reason.
struct NodeCounters {
    std::uint64_t malformed_datagram = 0;  // no NTM header, or a wrong length for its type
    std::uint64_t unknown_path = 0;
    std::uint64_t unknown_cookie = 0;     // answers no ask of ours
    std::uint64_t cookie_ask = 0;         // nodes do not answer asks
    std::uint64_t to_former_address = 0;  // of the DC or a leg, to one that this host has left
    std::uint64_t bad_tag = 0;            // forged, reflected, or under a secret that is over
    std::uint64_t replayed = 0;
    std::uint64_t wrong_role = 0;         // claims to come from this end of the path
    std::uint64_t malformed_message = 0;  // authentic, but not what its type allows
    std::uint64_t stale_key_message =
        0;                      // of another epoch than the next, answered already, or crossed
    std::uint64_t bad_key = 0;  // of the peer's: it agrees on nothing
    std::uint64_t bad_inner_packet = 0;  // authentic, but not one whole IP packet
    std::uint64_t wrong_inner_source =
        0;  // not a VIP of the path's peer, or by an exit path no real host
    std::uint64_t wrong_inner_destination = 0;
    std::uint64_t congestion_unheard = 0;  // marked under way, and its ends do not know ECN
    std::uint64_t bad_packet_from_tun = 0;
    std::uint64_t not_virtual = 0;     // from the TUN, between addresses that no path is for
    std::uint64_t too_big = 0;         // from the TUN, above the path's inner MTU
    std::uint64_t held_too_long = 0;   // waited 5 s for a path, or 32 came after it
    std::uint64_t path_exhausted = 0;  // 2^40 packets under one secret
};

enum class TunnelNews : std::uint8_t {
    ready,   // DATA may go
    failed,  // could not be bound, or the peer has gone silent: the DC should know
    idle,    // nobody has used it for long
    expired  // its DC has not renewed it
};

struct TunnelEvent {
    PathId path_id;
    TunnelNews news = TunnelNews::ready;
};

struct Outbox {
    std::vector<Datagram> datagrams;
    std::vector<Bytes> inner_packets;
    std::vector<TunnelEvent> events;
};

struct TunnelContext {
    Port own_port;
    BootId boot_id;
    RandomSource& random;
    crypto::TokenMint& mint;
    RelayWatch& relays;
    const LocalAddresses& locals;
    const std::vector<IpAddress>& own_vips;
    const std::vector<Prefix>& virtual_prefixes;
    NodeCounters& counters;
    Outbox& out;
    const crypto::KeyPair& static_key;
    const protocol::KeyLog& key_log;
    LastSegments& segments;
    Instant dc_heard{};  // the last time
    Instant dc_back{};  // the last time that it was heard after it had let a question wait for long
};

}  // namespace ntm::client
