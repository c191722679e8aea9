// SPDX-License-Identifier: BSD-3-Clause
// Good packets of the relay's RS-N, to be malformed: those of nodes, sealed, and those of general nodes.
#pragma once

#include "tests/malformed/frame.hpp"
#include "tests/malformed/watched_relay.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <span>

namespace ntm::malformed {

// Where a packet comes from, and from a general node to which of the public addresses.
enum class Side : std::uint8_t { node, general_to_own, general_to_other };
inline constexpr Side all_sides[] = {Side::node, Side::general_to_own, Side::general_to_other};
inline constexpr std::span<const Side> from_node{all_sides, 1};
inline constexpr std::span<const Side> from_general{all_sides + 1, 2};

// One flow of each kind for both subscribers, and one by the exit path.
inline constexpr napt::Kind flow_kinds[] = {
    napt::Kind::udp, napt::Kind::tcp, napt::Kind::echo_request};

struct FlowPacket {
    Bytes bytes;
    std::size_t subscriber = 0;
    bool is_ipv6 = false;
};

// A UDP packet, to that size.
void lengthen(Bytes& udp, std::size_t size);

class RsNPackets {
  public:
    // Opens the flows.
    RsNPackets(WatchedRelay& relay, Instant now);

    // One that belongs to a flow, of a subscriber who is drawn or known by the address.
    [[nodiscard]] FlowPacket good(Side side, bool is_ipv6, napt::Kind kind, Draw& draw) const;
    // Of UDP, and so long.
    [[nodiscard]] FlowPacket longer(Side side, bool is_ipv6, std::size_t size, Draw& draw) const;
    // What an ICMP error would quote of that, which its reader has sent.
    [[nodiscard]] FlowPacket quote(Side side, bool is_ipv6, napt::Kind kind, Draw& draw) const;
    [[nodiscard]] FlowPacket error_about(Side side, const FlowPacket& quote) const;
    // UDP from anybody to the port of the exit path's flow.
    [[nodiscard]] Bytes to_exit(bool is_ipv6, const IpAddress& from) const;
    // From the node by its exit path.
    [[nodiscard]] static Bytes by_exit(bool is_ipv6);
    // To the public address of that flow.
    [[nodiscard]] Bytes to_itself(bool is_ipv6) const;
    [[nodiscard]] Bytes to_itself(bool is_ipv6, std::uint16_t port) const;

    void put(Frame& frame, Side side, const FlowPacket& packet, Draw& draw);
    void put_data(Frame& frame, PathId path, ByteView inner, Draw& draw);
    [[nodiscard]] WatchedRsN& rs_n() noexcept { return relay_.rs_n(); }
    // The last good DATA of the first path.
    [[nodiscard]] const Bytes& last_data() const noexcept { return last_data_; }

  private:
    [[nodiscard]] Endpoint outside_of_exit(bool is_ipv6) const;
    [[nodiscard]] Endpoint outside(
        std::size_t subscriber, bool is_ipv6, std::uint8_t protocol, std::uint16_t port
    ) const;
    [[nodiscard]] std::size_t subscriber_at(const IpAddress& address) const;
    [[nodiscard]] std::size_t draw_subscriber(Side side, bool is_ipv6, Draw& draw) const;
    // As the node sees the flow, and as the general node does.
    [[nodiscard]] relay::testing::Ends flow(std::size_t subscriber, bool is_ipv6, napt::Kind kind)
        const;
    void run(const Bytes& frame, Instant now);

    WatchedRelay& relay_;
    Bytes last_data_;
};

}  // namespace ntm::malformed
