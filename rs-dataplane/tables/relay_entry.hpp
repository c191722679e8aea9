// SPDX-License-Identifier: BSD-3-Clause
// What a worker reads of a path: immutable, two cache lines, one for each direction, so that a
// packet costs one line. All that can be worked out when a leg is bound is worked out then: the
// difference that the switch makes to the UDP checksum, and the sum of the constant words of an
// outgoing IPv4 header. RelayTable::Writer makes and frees entries; nobody changes one.
#pragma once

#include "common/base/byte_order.hpp"
#include "common/base/ids.hpp"
#include "rs-dataplane/tables/own_addresses.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <array>
#include <cstdint>

namespace ntm::tables {

// The source that a moved leg had before, accepted for a while.
struct PreviousSource {
    std::array<std::uint8_t, 16> address{};  // padded, as IpAddress has it
    std::uint16_t port = 0;                  // raw wire order
    std::uint16_t udp_delta = 0;
    std::uint8_t local = OwnAddresses::none;
};

struct TunnelEnd;

enum class PassageKind : std::uint8_t {
    closed,    // a leg of it is not bound
    switched,  // RS-S
    ended,     // RS-N: the path's responder is this relay
};

// One direction through the relay. 16-bit sums are of raw (wire order) words, RFC 1071 section 2.
struct alignas(64) Passage {
    PathId path_id;
    std::array<std::uint8_t, 16> from_address{};  // padded: the sender's outside address
    // Out to IPv6: the other node's. Out to IPv4: the header's last 8 bytes, source and destination.
    std::array<std::uint8_t, 16> to_address{};
    std::uint16_t from_port = 0;  // raw
    // Raw: the relay's port towards the other node and that node's, as in the UDP header.
    std::array<std::uint8_t, 4> to_ports{};
    std::uint16_t udp_delta = 0;  // new addresses and ports minus the old ones
    std::uint16_t ipv4_sum = 0;   // outgoing header without TOS, length and TTL
    NextHopIndex next_hop = no_next_hop;
    std::uint8_t from_local = OwnAddresses::none;  // own address at which the packet came
    std::uint8_t to_local = OwnAddresses::none;    // own address from which it goes out
    PassageKind kind = PassageKind::closed;
    bool to_ipv6 = false;
    const PreviousSource* previous = nullptr;  // nothing, or owned by the table

    // Of a path that ends here, in the place of an address that is of no use then: what comes from
    // the initiator goes to nobody's, and nothing comes from the responder, which is the relay.
    [[nodiscard]] const TunnelEnd* end(Role from) const noexcept {
        return load<const TunnelEnd*>((from == Role::initiator ? to_address : from_address).data());
    }
    void set_end(Role from, const TunnelEnd* end) noexcept {
        store((from == Role::initiator ? to_address : from_address).data(), end);
    }
};
static_assert(sizeof(Passage) == 64);

struct RelayEntry {
    std::array<Passage, 2> passages;  // by the sender's Role

    [[nodiscard]] PathId path_id() const noexcept { return passages[0].path_id; }
};
static_assert(sizeof(RelayEntry) == 128);

// The entry without PreviousSource and TunnelEnd; every local address is one of `own`.
[[nodiscard]] RelayEntry compile_entry(const RelayPath& path, const OwnAddresses& own) noexcept;
// The record of the previous source of `from`'s leg, which has one.
[[nodiscard]] PreviousSource compile_previous(
    const RelayPath& path, Role from, const OwnAddresses& own
) noexcept;

}  // namespace ntm::tables
