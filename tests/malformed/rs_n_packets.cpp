// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/rs_n_packets.hpp"

#include "common/packet/ipv4.hpp"
#include "tests/malformed/inner_packet.hpp"

#include <algorithm>

namespace ntm::malformed {

namespace {

using namespace relay::testing;

constexpr std::uint16_t exit_port = 6000;

ntm::Family family_of(bool is_ipv6) {
    return is_ipv6 ? ntm::Family::ipv6 : ntm::Family::ipv4;
}

std::uint8_t number_of(napt::Kind kind, bool is_ipv6) {
    switch (kind) {
        case napt::Kind::udp:
            return ip_protocol::udp;
        case napt::Kind::tcp:
            return ip_protocol::tcp;
        default:
            return is_ipv6 ? ip_protocol::icmpv6 : ip_protocol::icmp;
    }
}

PacketEnds exit_ends(bool is_ipv6) {
    return {subscribers[1].vip(is_ipv6), exit_port, is_ipv6 ? gn6 : gn4, 443};
}

}  // namespace

void lengthen(Bytes& udp, std::size_t size) {
    udp.resize(size);
    const std::size_t header = header_length(udp);
    store(udp.data() + header + 4, Be16::from_host(static_cast<std::uint16_t>(size - header)));
    repair(udp);
}

RsNPackets::RsNPackets(WatchedRelay& relay, Instant now) : relay_{relay} {
    for (const bool is_ipv6 : {false, true}) {
        for (const WatchedSubscriber& subscriber : subscribers) {
            for (const napt::Kind kind : flow_kinds) {
                PacketEnds ends = ends_of(family_of(is_ipv6)).inside;
                ends.source = subscriber.vip(is_ipv6);
                const Bytes sealed = rs_n().seal(subscriber.path, first_packet(kind, ends));
                run(rs_n().frame_from_node(subscriber.path, sealed), now);
                last_data_ = subscriber.path == first_ended ? sealed : last_data_;
            }
        }
        PacketEnds ends = exit_ends(is_ipv6);
        ends.destination = is_ipv6 ? gn_vip6 : gn_vip4;
        // By the other path first, so that its port is seen.
        run(rs_n().frame_from_node(
                second_ended, rs_n().seal(second_ended, napt::packet_of(napt::Kind::udp, ends, {}))
            ),
            now);
        run(rs_n().frame_from_node(exit_ended, rs_n().seal(exit_ended, by_exit(is_ipv6))), now);
        hold(
            outside(0, is_ipv6, ip_protocol::udp, inside_port).address !=
                outside(1, is_ipv6, ip_protocol::udp, inside_port).address,
            "both public addresses are in use"
        );
    }
}

void RsNPackets::run(const Bytes& frame, Instant now) {
    const WireFrame wire{frame};
    relay_.run({&wire, 1}, now);
}

Endpoint RsNPackets::outside(
    std::size_t subscriber, bool is_ipv6, std::uint8_t protocol, std::uint16_t port
) const {
    return relay_.rs_n().seen().at({subscriber, is_ipv6, protocol, port});
}

std::size_t RsNPackets::subscriber_at(const IpAddress& address) const {
    const bool is_first =
        outside(0, address.is_ipv6(), ip_protocol::udp, inside_port).address == address;
    return is_first ? 0 : 1;
}

std::size_t RsNPackets::draw_subscriber(Side side, bool is_ipv6, Draw& draw) const {
    switch (side) {
        case Side::general_to_own:
            return subscriber_at(own_public.of(family_of(is_ipv6)));
        case Side::general_to_other:
            return subscriber_at(other_public.of(family_of(is_ipv6)));
        default:
            return draw.below(subscribers.size());
    }
}

Ends RsNPackets::flow(std::size_t subscriber, bool is_ipv6, napt::Kind kind) const {
    Ends made = ends_of(family_of(is_ipv6));
    made.inside.source = subscribers.at(subscriber).vip(is_ipv6);
    const Endpoint seen = outside(subscriber, is_ipv6, number_of(kind, is_ipv6), inside_port);
    made.outside.source = seen.address;
    made.outside.source_port = seen.port.number;
    return made;
}

FlowPacket RsNPackets::good(Side side, bool is_ipv6, napt::Kind kind, Draw& draw) const {
    const std::size_t subscriber = draw_subscriber(side, is_ipv6, draw);
    const Ends its = flow(subscriber, is_ipv6, kind);
    return {
        side == Side::node ? first_packet(kind, its.inside) : answer(kind, reversed(its.outside)),
        subscriber,
        is_ipv6};
}

FlowPacket RsNPackets::longer(Side side, bool is_ipv6, std::size_t size, Draw& draw) const {
    FlowPacket packet = good(side, is_ipv6, napt::Kind::udp, draw);
    lengthen(packet.bytes, size);
    return packet;
}

FlowPacket RsNPackets::quote(Side side, bool is_ipv6, napt::Kind kind, Draw& draw) const {
    const std::size_t subscriber = draw_subscriber(side, is_ipv6, draw);
    const Ends its = flow(subscriber, is_ipv6, kind);
    return {
        side == Side::node ? answer(kind, reversed(its.inside)) : first_packet(kind, its.outside),
        subscriber,
        is_ipv6};
}

FlowPacket RsNPackets::error_about(Side side, const FlowPacket& quote) const {
    const bool is_ipv6 = quote.is_ipv6;
    const Ends its = flow(quote.subscriber, is_ipv6, napt::Kind::udp);
    const IpAddress& router = is_ipv6 ? napt::router6 : napt::router4;
    const bool is_nodes = side == Side::node;
    return {
        napt::error_packet(
            is_nodes ? its.inside.source : router,
            is_nodes ? its.inside.destination : its.outside.source,
            quote.bytes
        ),
        quote.subscriber,
        is_ipv6};
}

Bytes RsNPackets::to_exit(bool is_ipv6, const IpAddress& from) const {
    const Endpoint seen = outside_of_exit(is_ipv6);
    return napt::packet_of(
        napt::Kind::udp, {from, 53, seen.address, seen.port.number}, napt::some_payload
    );
}

Bytes RsNPackets::by_exit(bool is_ipv6) {
    return napt::packet_of(napt::Kind::udp, exit_ends(is_ipv6), napt::some_payload);
}

Bytes RsNPackets::to_itself(bool is_ipv6) const {
    return to_itself(is_ipv6, outside_of_exit(is_ipv6).port.number);
}

Bytes RsNPackets::to_itself(bool is_ipv6, std::uint16_t port) const {
    PacketEnds ends = exit_ends(is_ipv6);
    ends.destination = outside_of_exit(is_ipv6).address;
    ends.destination_port = port;
    return napt::packet_of(napt::Kind::udp, ends, napt::some_payload);
}

Endpoint RsNPackets::outside_of_exit(bool is_ipv6) const {
    return outside(1, is_ipv6, ip_protocol::udp, exit_port);
}

void RsNPackets::put(Frame& frame, Side side, const FlowPacket& packet, Draw& draw) {
    if (side == Side::node) {
        put_data(frame, subscribers.at(packet.subscriber).path, packet.bytes, draw);
        return;
    }
    frame.take(WatchedRsN::frame_from_general_node(packet.bytes), draw);
}

void RsNPackets::put_data(Frame& frame, PathId path, ByteView inner, Draw& draw) {
    const Bytes sealed = rs_n().seal(path, inner);
    if (path == first_ended) {
        last_data_ = sealed;
    }
    frame.take(rs_n().frame_from_node(path, sealed), draw);
}

}  // namespace ntm::malformed
