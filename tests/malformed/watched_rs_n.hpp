// SPDX-License-Identifier: BSD-3-Clause
// The watched relay's RS-N, and what it sends held against docs/protocol.md sections 6 and 7 by code that
// shares nothing with its stages. The general node is that of tests/unit/rs-dataplane/relay/rs_n_cast.hpp;
// the subscribers, and the paths that end here:
//
//   20  mn4, the first subscriber       23  as 20, the leg not bound
//   21  mn6, the second one             24  as 20, of a subscriber that is not known
//   22  mn4, the second one: an exit path, which has no route
#pragma once

#include "common/base/random.hpp"
#include "common/protocol/sealed.hpp"
#include "tests/malformed/watched_fragments.hpp"
#include "tests/malformed/watched_legs.hpp"
#include "tests/malformed/wire_frame.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

namespace ntm::malformed {

using relay::testing::PublicPair;

inline constexpr PathId first_ended{20};
inline constexpr PathId second_ended{21};
inline constexpr PathId exit_ended{22};
inline constexpr PathId unbound_ended{23};
inline constexpr PathId nobodys_ended{24};

struct WatchedSubscriber {
    IpAddress vip4;
    IpAddress vip6;
    PathId path;  // to the general node

    [[nodiscard]] const IpAddress& vip(bool is_ipv6) const { return is_ipv6 ? vip6 : vip4; }
};
inline const std::array<WatchedSubscriber, 2> subscribers{
    WatchedSubscriber{relay::testing::vip4, relay::testing::vip6, first_ended},
    WatchedSubscriber{
        relay::testing::address("198.18.0.2"), relay::testing::address("fd00:a::2"), second_ended}};

// A frame that a relay made, and the packet in it, as a node finds it in its tunnel.
struct MadePacket {
    Fate fate = Fate::pending;
    DropReason reason = DropReason::none;
    bool is_turned = false;
    std::optional<PathId> path;  // of a tunnel
    Bytes packet;
};

class WatchedRsN {
  public:
    // `counters` are those of the relay's worker; `legs` is told of what counts. Both outlive it.
    WatchedRsN(relay::WorkerCounters& counters, WatchedLegs& legs);

    [[nodiscard]] relay::RsN& rs_n() noexcept { return *rs_n_; }
    [[nodiscard]] const std::vector<tables::RelayPath>& paths() const noexcept { return paths_; }
    [[nodiscard]] static relay::PublicSettings public_side();
    // As if nobody had sent anything.
    void forget(Instant now);

    // The node's DATA on one of the paths, and the frame that brings a datagram from it.
    [[nodiscard]] Bytes seal(PathId path, ByteView inner);
    [[nodiscard]] Bytes frame_from_node(PathId path, ByteView datagram) const;
    [[nodiscard]] static Bytes frame_from_general_node(ByteView packet);

    // What was sent on came as DATA of an ended path, or to a public address. Throws BrokenPromise.
    void check_out(
        const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
    );
    void check_in(
        const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
    );

    // What was sent on came as DATA of an exit path, for a public port of this relay.
    void check_turned(
        const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
    );

    // What is sent of what was made is DATA that its node takes, or a packet from a public address.
    [[nodiscard]] MadePacket check_made(
        const Packet& made, std::span<const relay::NextHop> next_hops
    );
    // The inner packet of DATA that the relay has taken, asked for once.
    [[nodiscard]] Bytes open_from_node(const WireFrame& came);
    [[nodiscard]] WatchedFragments& fragments() noexcept { return fragments_; }
    // Of the node that sent it.
    [[nodiscard]] std::optional<Bytes> take_fragment(
        ByteView inner, const WireFrame& came, const Packet& became, Instant now
    );
    // Whether a packet that came by the path is for a public address, as far as its header says.
    [[nodiscard]] bool may_turn(PathId path, ByteView packet) const;
    // DATA of an ended path counts for its leg.
    void expect_from_node(const WireFrame& came);

    // What was sent on is an ICMP error of the relay's own, about what came so.
    void check_told_node(
        const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
    );
    void check_told_of_turned(
        const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
    );
    void check_told_general_node(
        const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
    ) const;

    // Whose port is seen as which, the last time that something went out of it.
    struct Inside {
        std::size_t subscriber = 0;
        bool is_ipv6 = false;
        std::uint8_t protocol = 0;
        std::uint16_t port = 0;

        friend auto operator<=>(const Inside&, const Inside&) = default;
    };
    [[nodiscard]] const std::map<Inside, Endpoint>& seen() const noexcept { return seen_; }

  private:
    struct Tunnel {
        std::size_t subscriber;
        protocol::DataSealer node_sealer;
        protocol::DataOpener node_opener;
        protocol::DataOpener relay_opener;
    };
    // The inner packet of DATA that the relay has sent.
    [[nodiscard]] Bytes open_for_node(
        const Packet& sent, std::span<const relay::NextHop> next_hops
    );
    void add_path(PathId id, tables::SubscriberNumber subscriber, const Endpoint& node);
    [[nodiscard]] const tables::RelayPath& path_of(PathId id) const;
    [[nodiscard]] Tunnel& tunnel_of(PathId id);
    void open_subscribers(Instant now);
    void see(std::size_t subscriber, ByteView inner, ByteView outer);

    WatchedLegs& legs_;
    WatchedFragments fragments_;
    SeededRandom random_;
    std::unique_ptr<relay::RsN> rs_n_;
    std::vector<tables::RelayPath> paths_;
    std::map<PathId, Tunnel> tunnels_;
    std::map<Inside, Endpoint> seen_;
};

}  // namespace ntm::malformed
