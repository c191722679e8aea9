// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/watched_rs_n.hpp"

#include "common/packet/ipv4.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/translation.hpp"

#include <algorithm>

namespace ntm::malformed {

namespace {

using namespace relay::testing;

// By which the subscribers have different public addresses in both families.
constexpr std::uint64_t seed = 6;
constexpr tables::SubscriberNumber unknown_subscriber = 3;
constexpr auto suite = crypto::Suite::aes_128_gcm;

bool is_public(const IpAddress& address) {
    return std::ranges::any_of(std::array{own_public, other_public}, [&](const PublicPair& pair) {
        return address == pair.ipv4 || address == pair.ipv6;
    });
}
bool is_public_port(std::uint16_t port) {
    return port >= first_public_port && port <= last_public_port;
}
const IpAddress& real_of(bool is_ipv6) {
    return is_ipv6 ? gn6 : gn4;
}
const IpAddress& virtual_of(bool is_ipv6) {
    return is_ipv6 ? gn_vip6 : gn_vip4;
}

void check_next_hop(const Packet& sent, const relay::NextHop& hop) {
    hold(hop.is_usable && sent.port == hop.port, "it leaves by the next hop's port");
    hold(load<EthernetAddresses>(sent.begin) == hop.addresses, "to the next hop's address");
    hold(sent.length <= hop.mtu + 14, "in a frame that fits");
}

// No public port is the relay's own.
bool is_tunnelled(ByteView packet) {
    const bool is_fragment = !is_ipv6(packet) && (word_at(packet, 6) & 0x3fff) != 0;
    return !is_fragment && protocol_of(packet) == ip_protocol::udp &&
           word_at(packet, header_length(packet)) == rs4.port.number;
}

}  // namespace

WatchedRsN::WatchedRsN(relay::WorkerCounters& counters, WatchedLegs& legs)
    : legs_{legs}, random_{seed}, rs_n_{make_rs_n({own_public, other_public}, random_, counters)} {
    add_path(first_ended, 0, mn4);
    add_path(second_ended, 1, mn6);
    add_path(exit_ended, 1, mn4);
    add_path(unbound_ended, 0, mn4);
    add_path(nobodys_ended, unknown_subscriber, mn4);
    paths_[2].end->general_nodes.clear();
    paths_[3].leg(Role::initiator) = {};
    open_subscribers({});
}

void WatchedRsN::add_path(PathId id, tables::SubscriberNumber subscriber, const Endpoint& node) {
    Secret32 secret;
    random_.fill(secret.mutable_view());
    tables::RelayPath path{id, {}};
    path.leg(Role::initiator) = {true, node, node.address.is_ipv4() ? rs4 : rs6, {}, {}, 0};
    path.end = tables::PathEnd{
        subscriber, make_end_keys(secret, id), {{gn_vip4, gn4, 1}, {gn_vip6, gn6, 1}}};
    paths_.push_back(path);
    tunnels_.emplace(
        id,
        Tunnel{
            subscriber,
            protocol::DataSealer{secret, suite, id, Role::initiator},
            protocol::DataOpener{secret, suite, id, Role::initiator},
            protocol::DataOpener{secret, suite, id, Role::responder}}
    );
}

relay::PublicSettings WatchedRsN::public_side() {
    return {
        tables::OwnAddresses{
            {own_public.ipv4, own_public.ipv6, other_public.ipv4, other_public.ipv6}},
        first_public_port,
        last_public_port};
}

void WatchedRsN::open_subscribers(Instant now) {
    for (tables::SubscriberNumber number = 0; number < subscribers.size(); ++number) {
        const WatchedSubscriber& its = subscribers[number];
        rs_n_->carry_out(relay::OpenSubscriber{number, its.vip4.ipv4(), its.vip6.ipv6(), {}}, now);
    }
}

void WatchedRsN::forget(Instant now) {
    open_subscribers(now);
    while (rs_n_->usage().subscribers > subscribers.size()) {
        rs_n_->tend(now);
        fragments_.tend(now);
    }
    seen_.clear();
}

const tables::RelayPath& WatchedRsN::path_of(PathId id) const {
    const auto found = std::ranges::find(paths_, id, &tables::RelayPath::id);
    hold(found != paths_.end(), "what goes through the RS-N has a path that ends there");
    return *found;
}

WatchedRsN::Tunnel& WatchedRsN::tunnel_of(PathId id) {
    return tunnels_.at(path_of(id).id);
}

Bytes WatchedRsN::seal(PathId path, ByteView inner) {
    return tunnel_of(path).node_sealer.seal(inner).value();
}

Bytes WatchedRsN::frame_from_node(PathId path, ByteView datagram) const {
    const tables::RelayLeg& leg = path_of(path).leg(Role::initiator);
    const Endpoint& node = leg.is_bound ? leg.remote : mn4;
    const Endpoint& rs = leg.is_bound ? leg.local : rs4;
    return eth()
        .ip(node.address, rs.address)
        .udp(node.port.number, rs.port.number)
        .payload(datagram)
        .build();
}

Bytes WatchedRsN::frame_from_general_node(ByteView packet) {
    return eth().ethertype(is_ipv6(packet) ? 0x86dd : 0x0800).payload(packet).build();
}

Bytes WatchedRsN::open_from_node(const WireFrame& came) {
    const PlainFrame in{came.bytes};
    hold(in.ntm[0] == 0x10, "only DATA is for a general node");
    const tables::RelayPath& path = path_of(in.path());
    const tables::RelayLeg& leg = path.leg(Role::initiator);
    hold(
        leg.is_bound && in.source() == leg.remote && in.destination() == leg.local,
        "it came from the node"
    );
    auto opened = tunnel_of(path.id).relay_opener.open(in.ntm);
    hold(opened.has_value(), "it is authentic, and new");
    return *std::move(opened);
}

Bytes WatchedRsN::open_for_node(const Packet& sent, std::span<const relay::NextHop> next_hops) {
    const PlainFrame out{sent.bytes()};
    hold(sent.length == out.length() && word_at(out.udp, 4) == out.udp_length, "right lengths");
    hold(out.ntm.size() >= 32 && out.ntm[0] == 0x10 && out.ntm[1] == 1, "it leaves as DATA");
    const tables::RelayPath& path = path_of(out.path());
    const tables::RelayLeg& leg = path.leg(Role::initiator);
    hold(
        leg.is_bound && out.source() == leg.local && out.destination() == leg.remote, "to the node"
    );
    check_next_hop(sent, next_hops[leg.next_hop]);
    hold(
        out.udp_checksum() != 0 && out.udp_sum() == 0xffff &&
            (out.is_ipv6 || plain_sum(out.ip.first(20)) == 0xffff),
        "with right checksums"
    );
    auto opened = tunnel_of(path.id).node_opener.open(out.ntm);
    hold(opened.has_value(), "which the node takes");
    hold(
        out.hop_limit() == 64 && out.traffic_class() == traffic_class_of(*opened),
        "with the inner DSCP and ECN"
    );
    return *std::move(opened);
}

// docs/protocol.md section 7, from the node.
void WatchedRsN::check_out(
    const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
) {
    const Bytes inner = open_from_node(came);
    const PathId path = PlainFrame{came.bytes}.path();
    expect_from_node(came);
    const ByteView out = packet_of(sent.bytes());
    hold(is_ipv6(out) == is_ipv6(inner), "in its own family");
    hold(word_at(sent.bytes(), 12) == (is_ipv6(out) ? 0x86dd : 0x0800), "and says so");
    check_translated(identified_as(inner, out), out);
    hold(ecn_of(out) == ecn_out_of_tunnel(ecn_of(inner), ecn_of(packet_of(came.bytes))), "ECN");
    const std::size_t subscriber = tunnel_of(path).subscriber;
    hold(
        source_of(inner) == subscribers.at(subscriber).vip(is_ipv6(inner)) &&
            destination_of(inner) == virtual_of(is_ipv6(inner)),
        "the node sent it to the general node"
    );
    hold(
        is_public(source_of(out)) && destination_of(out) == real_of(is_ipv6(out)),
        "and it goes there from a public address"
    );
    check_next_hop(sent, next_hops[path_of(path).end->general_nodes.front().next_hop]);
    if (is_icmp_error(out)) {
        const ByteView quote = quote_of(out);
        hold(
            destination_of(quote) == source_of(out) && source_of(quote) == destination_of(out),
            "about what came from there"
        );
        return;
    }
    hold(is_public_port(source_port_of(out)), "from a public port");
    hold(destination_port_of(out) == destination_port_of(inner), "to the same port");
    see(subscriber, inner, out);
}

void WatchedRsN::expect_from_node(const WireFrame& came) {
    const PlainFrame frame{came.bytes};
    legs_.expect(frame.path(), Role::initiator, frame.length() - 14);
}

std::optional<Bytes> WatchedRsN::take_fragment(
    ByteView inner, const WireFrame& came, const Packet& became, Instant now
) {
    const tables::SubscriberNumber node = path_of(PlainFrame{came.bytes}.path()).end->subscriber;
    return fragments_.take_of_node(inner, node, ecn_of(packet_of(came.bytes)), became, now);
}

bool WatchedRsN::may_turn(PathId path, ByteView packet) const {
    return path_of(path).end->general_nodes.empty() && packet.size() >= header_length(packet) &&
           is_public(destination_of(packet)) && hops_of(packet) > 1;
}

void WatchedRsN::see(std::size_t subscriber, ByteView inner, ByteView outer) {
    seen_.insert_or_assign(
        Inside{subscriber, is_ipv6(inner), protocol_of(inner), source_port_of(inner)},
        Endpoint{source_of(outer), {source_port_of(outer)}}
    );
}

// docs/protocol.md section 7, to the node.
void WatchedRsN::check_in(
    const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
) {
    const ByteView in = whole_packet_of(came.bytes);
    hold(is_public(destination_of(in)), "it came to a public address");
    const Bytes inner = open_for_node(sent, next_hops);
    check_translated(in, inner);
    hold(ecn_of(in) == ecn_of(inner), "ECN stays inside");
    const PathId id = PlainFrame{sent.bytes()}.path();
    legs_.expect(id, Role::responder, in.size());
    const bool is_exit = path_of(id).end->general_nodes.empty();
    const WatchedSubscriber& subscriber = subscribers.at(tunnel_of(id).subscriber);
    hold(destination_of(inner) == subscriber.vip(is_ipv6(inner)), "it is for the node");
    hold(
        source_of(inner) == (is_exit ? source_of(in) : virtual_of(is_ipv6(inner))),
        "from whom its path is to"
    );
    if (is_icmp_error(inner)) {
        hold(source_of(quote_of(inner)) == destination_of(inner), "about what it sent");
        return;
    }
    hold(is_exit || source_of(in) == real_of(is_ipv6(in)), "who really sent it");
    hold(source_port_of(inner) == source_port_of(in), "from the same port");
}

// docs/protocol.md section 7, from one node to another, or back to the same.
void WatchedRsN::check_turned(
    const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
) {
    const Bytes before = open_from_node(came);
    const Bytes after = open_for_node(sent, next_hops);
    check_translated(identified_as(before, after), after, 2);
    hold(ecn_of(after) == ecn_out_of_tunnel(ecn_of(before), ecn_of(packet_of(came.bytes))), "ECN");
    const PathId by = PlainFrame{came.bytes}.path();
    const PathId to = PlainFrame{sent.bytes()}.path();
    expect_from_node(came);
    legs_.expect(to, Role::responder, before.size());
    hold(
        path_of(by).end->general_nodes.empty() && path_of(to).end->general_nodes.empty(),
        "no other path leads to a public address, or from one"
    );
    const std::size_t sender = tunnel_of(by).subscriber;
    const WatchedSubscriber& receiver = subscribers.at(tunnel_of(to).subscriber);
    hold(
        source_of(before) == subscribers.at(sender).vip(is_ipv6(before)) &&
            is_public(destination_of(before)),
        "the node sent it to a public address"
    );
    hold(
        is_public(source_of(after)) && destination_of(after) == receiver.vip(is_ipv6(after)),
        "and the other one sees that it is from one"
    );
    if (is_icmp_error(after)) {
        hold(source_of(quote_of(after)) == destination_of(after), "about what it sent");
        return;
    }
    hold(
        is_public_port(destination_port_of(before)) && is_public_port(source_port_of(after)),
        "between public ports"
    );
    see(sender, before, after);
}

MadePacket WatchedRsN::check_made(const Packet& made, std::span<const relay::NextHop> next_hops) {
    const ByteView out = packet_of(made.bytes());
    MadePacket seen{made.fate, made.reason, relay::is_hairpinned(made), std::nullopt, {}};
    if (made.fate == Fate::transmit && is_tunnelled(out)) {
        seen.packet = open_for_node(made, next_hops);
        seen.path = PlainFrame{made.bytes()}.path();
        return seen;
    }
    seen.packet.assign(out.begin(), out.end());
    if (made.fate != Fate::transmit) {
        return seen;
    }
    hold(word_at(made.bytes(), 12) == (is_ipv6(out) ? 0x86dd : 0x0800), "it says its family");
    hold(out.size() == whole_packet_of(made.bytes()).size(), "and is as long as it says");
    hold(is_public(source_of(out)), "it is from a public address");
    check_next_hop(made, next_hops[paths_.front().end->general_nodes.front().next_hop]);
    return seen;
}

void WatchedRsN::check_told_of_turned(
    const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
) {
    const Bytes about = open_from_node(came);
    hold(
        PlainFrame{sent.bytes()}.path() == PlainFrame{came.bytes}.path(),
        "by the path that it came by"
    );
    const Bytes error = open_for_node(sent, next_hops);
    hold(is_icmp_error(error), "it is an ICMP error");
    expect_from_node(came);
    // It turned round too.
    legs_.expect(PlainFrame{sent.bytes()}.path(), Role::responder, error.size());
    const Bytes as_it_left = identified_as(about, quote_of(error));
    check_told(error, as_it_left, destination_of(about), 63);
}

void WatchedRsN::check_told_node(
    const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
) {
    const Bytes about = open_from_node(came);
    hold(
        PlainFrame{sent.bytes()}.path() == PlainFrame{came.bytes}.path(),
        "by the path that it came by"
    );
    // By an exit path anybody may speak to the node, and the relay does so in its own name.
    const bool is_exit = path_of(PlainFrame{came.bytes}.path()).end->general_nodes.empty();
    const IpAddress relay = own_public.of(is_ipv6(about) ? ntm::Family::ipv6 : ntm::Family::ipv4);
    const IpAddress speaker = is_exit ? relay : destination_of(about);
    check_told(open_for_node(sent, next_hops), about, speaker);
}

void WatchedRsN::check_told_general_node(
    const WireFrame& came, const Packet& sent, std::span<const relay::NextHop> next_hops
) const {
    const ByteView error = packet_of(sent.bytes());
    const ByteView about = whole_packet_of(came.bytes);
    hold(word_at(sent.bytes(), 12) == (is_ipv6(error) ? 0x86dd : 0x0800), "it says its family");
    hold(
        is_public(source_of(error)) && destination_of(error) == real_of(is_ipv6(error)),
        "to the general node, from a public address"
    );
    check_next_hop(sent, next_hops[paths_.front().end->general_nodes.front().next_hop]);
    check_told(error, about, destination_of(about));
}

}  // namespace ntm::malformed
