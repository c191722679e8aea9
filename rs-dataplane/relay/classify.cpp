// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/classify.hpp"

#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/ntm_header.hpp"
#include "rs-dataplane/relay/plain_tunnel.hpp"
#include "rs-dataplane/relay/public_side.hpp"

namespace ntm::relay {

namespace {

using protocol::PacketType;
using tables::OwnAddresses;

// Which lane a packet goes to; `drop` and `done` are none.
enum class FrameKind : std::uint8_t { tunnel, general, leg, cookie, punt, drop };

struct Verdict {
    FrameKind kind = FrameKind::drop;
    DropReason reason = DropReason::none;
};

constexpr Verdict dropped(DropReason reason) noexcept {
    return {FrameKind::drop, reason};
}

Verdict punted(Packet& packet, PuntClass punt_class) noexcept {
    packet.punt_class = static_cast<std::uint8_t>(punt_class);
    return {FrameKind::punt, DropReason::none};
}

bool is_sender_ipv4(const Ipv4View& ip, const OwnAddresses& own) noexcept {
    const IpAddress source{ip.source()};
    return !source.is_unspecified() && !source.is_loopback() && !source.is_multicast() &&
           own.find_ipv4(ip.source_bytes()) == OwnAddresses::none;
}

bool is_sender_ipv6(const Ipv6View& ip, const OwnAddresses& own) noexcept {
    const IpAddress source{ip.source()};
    return !source.is_unspecified() && !source.is_loopback() && !source.is_multicast() &&
           own.find_ipv6(ip.source_bytes()) == OwnAddresses::none;
}

// Whether somebody can be answered at the packet's source. DATA and END need no such question:
// theirs is compared with a bound address.
bool is_from_sender(const Packet& packet, const OwnAddresses& own) noexcept {
    const ByteView ip = packet.bytes().subspan(EthernetView::size);
    const ByteView udp = packet.bytes().subspan(packet.udp_at);
    if (load<std::uint16_t>(udp.data()) == 0) {
        return false;
    }
    if (packet.is_ipv6) {
        const auto view = Ipv6View::parse(ip);
        return view && is_sender_ipv6(*view, own);
    }
    const auto view = Ipv4View::parse(ip);
    return view && is_sender_ipv4(*view, own);
}

// An answer is for a handshake that the control thread has begun, and names it; whoever starts one
// shares a budget with all that may look like it.
Verdict classify_handshake(
    Packet& packet, const NtmView& ntm, std::size_t length, const Settings& settings
) noexcept {
    if (ntm.is_answer()) {
        return settings.sessions.contains(ntm.session_id()) ? punted(packet, PuntClass::signal)
                                                            : dropped(DropReason::unknown_session);
    }
    constexpr std::size_t least = protocol::noise_message_1_at + protocol::noise_message_1_overhead;
    if (length < least || !ntm.session_id().is_zero()) {
        return dropped(DropReason::malformed_handshake);
    }
    return punted(packet, PuntClass::handshake);
}

// An answer is a demand for a token of a handshake of ours. A DC is only reached through it, so what
// anybody can make up must not compete with it.
Verdict classify_cookie(
    Packet& packet, const NtmView& ntm, std::size_t length, const Settings& settings
) noexcept {
    if (!ntm.is_answer()) {
        return {FrameKind::cookie, DropReason::none};
    }
    if (length != protocol::cookie_size || !ntm.session_id().is_zero()) {
        return dropped(DropReason::malformed_cookie);
    }
    const std::uint8_t* nonce =
        packet.begin + packet.udp_at + UdpView::size + protocol::cookie_nonce_at;
    return settings.cookie_nonces.contains(load<Be64>(nonce).to_host())
               ? punted(packet, PuntClass::cookie)
               : dropped(DropReason::unknown_cookie);
}

Verdict classify_control(Packet& packet, const NtmView& ntm, const Settings& settings) noexcept {
    if (!is_from_sender(packet, settings.own)) {
        return dropped(DropReason::bad_source);
    }
    const std::size_t length = packet.length - packet.udp_at - UdpView::size;
    switch (static_cast<PacketType>(ntm.type())) {
        case PacketType::leg:
            packet.punt_class = static_cast<std::uint8_t>(PuntClass::leg);
            return {FrameKind::leg, DropReason::none};
        case PacketType::signal:
            return settings.sessions.contains(ntm.session_id())
                       ? punted(packet, PuntClass::signal)
                       : dropped(DropReason::unknown_session);
        case PacketType::cookie:
            return classify_cookie(packet, ntm, length, settings);
        default:
            return classify_handshake(packet, ntm, length, settings);
    }
}

// The packet's destination is ours, and `payload` is what the IP header says.
Verdict classify_udp(Packet& packet, ByteView payload, const Settings& settings) noexcept {
    const auto udp = UdpView::parse(payload);
    if (!udp) [[unlikely]] {
        return dropped(udp.error());
    }
    if (packet.is_ipv6 && !udp->has_checksum()) [[unlikely]] {
        return dropped(DropReason::zero_udp_checksum);
    }
    if (udp->destination() != settings.ntm_port) [[unlikely]] {
        return punted(packet, PuntClass::host);
    }
    const auto ntm = NtmView::parse(udp->payload());
    if (!ntm) [[unlikely]] {
        return dropped(ntm.error());
    }
    // A datagram for one station does not come in a frame for many.
    if ((packet.begin[0] & 1) != 0) [[unlikely]] {
        return dropped(DropReason::not_our_mac);
    }
    packet.udp_at = static_cast<std::uint16_t>(payload.data() - packet.begin);
    packet.path_id = ntm->path_id();
    packet.role = ntm->role();
    packet.trim_to(static_cast<std::uint16_t>(EthernetView::size + packet.ip_length));
    const auto type = static_cast<PacketType>(ntm->type());
    if (type == PacketType::data || type == PacketType::end) [[likely]] {
        return {FrameKind::tunnel, DropReason::none};
    }
    return classify_control(packet, *ntm, settings);
}

// Not to be relayed, but the kernel may want it; not so what is or might hide an NTM datagram, which
// would reach the control thread's socket past the filters.
Verdict kernels_ipv4(
    Packet& packet, const Ipv4View& ip, DropReason if_ntm, const Settings& settings
) noexcept {
    if (ip.protocol() != ip_protocol::udp) {
        return punted(packet, PuntClass::host);
    }
    if (ip.is_fragment()) {
        return dropped(DropReason::fragment);
    }
    const auto udp = UdpView::parse(ip.payload());
    if (!udp) {
        return dropped(udp.error());
    }
    return udp->destination() == settings.ntm_port ? dropped(if_ntm)
                                                   : punted(packet, PuntClass::host);
}

// From a general node. A public address that is not the relay's own has no other use; whose a fragment
// is shows when its packet is whole.
bool is_general_ipv4(const Packet& packet, const Ipv4View& ip, const Settings& settings) noexcept {
    const PublicSettings& side = settings.public_side;
    return side.addresses.find_ipv4(ip.destination_bytes()) != OwnAddresses::none &&
           (packet.own_address == OwnAddresses::none || ip.is_fragment() ||
            is_to_public_port(Family::ipv4, ip.protocol(), ip.payload(), side));
}

bool is_general_ipv6(const Packet& packet, const Ipv6View& ip, const Settings& settings) noexcept {
    const PublicSettings& side = settings.public_side;
    return side.addresses.find_ipv6(ip.destination_bytes()) != OwnAddresses::none &&
           (packet.own_address == OwnAddresses::none || ip.next_header() == ip_protocol::fragment ||
            is_to_public_port(Family::ipv6, ip.next_header(), ip.payload(), side));
}

Verdict general(Packet& packet) noexcept {
    if ((packet.begin[0] & 1) != 0) [[unlikely]] {
        return dropped(DropReason::not_our_mac);
    }
    packet.trim_to(static_cast<std::uint16_t>(EthernetView::size + packet.ip_length));
    return {FrameKind::general, DropReason::none};
}

Verdict classify_ipv4(Packet& packet, ByteView bytes, const Settings& settings) noexcept {
    const auto ip = Ipv4View::parse(bytes);
    if (!ip) [[unlikely]] {
        return dropped(ip.error());
    }
    if ((packet.receive_marks & ReceiveMarks::good_ipv4_checksum) == 0 && !ip->has_valid_checksum())
        [[unlikely]] {
        return dropped(DropReason::bad_ipv4_checksum);
    }
    packet.is_ipv6 = false;
    packet.ip_length = ip->total_length();
    packet.own_address = settings.own.find_ipv4(ip->destination_bytes());
    if (is_general_ipv4(packet, *ip, settings)) [[unlikely]] {
        return general(packet);
    }
    if (packet.own_address == OwnAddresses::none) [[unlikely]] {
        // Multicast is the kernel's, but nobody is served at an address that is not the relay's.
        return IpAddress{ip->destination()}.is_multicast()
                   ? kernels_ipv4(packet, *ip, DropReason::not_our_address, settings)
                   : dropped(DropReason::not_our_address);
    }
    if (ip->has_options() || ip->is_fragment()) [[unlikely]] {
        return kernels_ipv4(packet, *ip, DropReason::ipv4_options, settings);
    }
    if (ip->protocol() != ip_protocol::udp) [[unlikely]] {
        return punted(packet, PuntClass::host);
    }
    return classify_udp(packet, ip->payload(), settings);
}

// Neighbour discovery (RFC 4861) that comes from the link itself, as its hop limit shows.
bool is_neighbour_discovery(const Ipv6View& ip) noexcept {
    constexpr std::uint8_t router_solicitation = 133;
    constexpr std::uint8_t redirect = 137;
    const ByteView payload = ip.payload();
    return ip.next_header() == ip_protocol::icmpv6 && ip.hop_limit() == 255 && !payload.empty() &&
           payload[0] >= router_solicitation && payload[0] <= redirect;
}

// The next header is not UDP. Extension headers are not walked: what hides UDP behind them would
// reach the control thread's socket past the filters. Multicast listener discovery stands behind
// hop-by-hop options and is the kernel's; so are fragments of what is not UDP.
Verdict classify_odd_ipv6(Packet& packet, const Ipv6View& ip) noexcept {
    const ByteView payload = ip.payload();
    switch (ip.next_header()) {
        case ip_protocol::fragment:
            return payload.size() < 8 || payload[0] == ip_protocol::udp
                       ? dropped(DropReason::fragment)
                   : payload[0] == ip_protocol::icmpv6 || payload[0] == ip_protocol::tcp
                       ? punted(packet, PuntClass::host)
                       : dropped(DropReason::ipv6_extension);
        case ip_protocol::hop_by_hop:
            return payload.size() >= 8 && payload[0] == ip_protocol::icmpv6
                       ? punted(packet, PuntClass::host)
                       : dropped(DropReason::ipv6_extension);
        case ip_protocol::routing:
        case ip_protocol::destination_options:
        case ip_protocol::authentication:
        case ip_protocol::mobility:
            return dropped(DropReason::ipv6_extension);
        default:
            return punted(
                packet, is_neighbour_discovery(ip) ? PuntClass::neighbour : PuntClass::host
            );
    }
}

// As for IPv4; of single addresses only the kernel's own link-local one comes here.
Verdict classify_group_ipv6(Packet& packet, const Ipv6View& ip, const Settings& settings) noexcept {
    if (ip.next_header() != ip_protocol::udp) {
        return classify_odd_ipv6(packet, ip);
    }
    const auto udp = UdpView::parse(ip.payload());
    if (!udp) {
        return dropped(udp.error());
    }
    return udp->destination() == settings.ntm_port ? dropped(DropReason::not_our_address)
                                                   : punted(packet, PuntClass::host);
}

Verdict classify_ipv6(Packet& packet, ByteView bytes, const Settings& settings) noexcept {
    const auto ip = Ipv6View::parse(bytes);
    if (!ip) [[unlikely]] {
        return dropped(ip.error());
    }
    packet.is_ipv6 = true;
    packet.ip_length = static_cast<std::uint16_t>(Ipv6View::size + ip->payload_length());
    packet.own_address = settings.own.find_ipv6(ip->destination_bytes());
    if (is_general_ipv6(packet, *ip, settings)) [[unlikely]] {
        return general(packet);
    }
    if (packet.own_address == OwnAddresses::none) [[unlikely]] {
        const IpAddress destination{ip->destination()};
        // The kernel's own link-local address is none of the configuration's.
        if (!destination.is_multicast() && !destination.is_link_local()) {
            return dropped(DropReason::not_our_address);
        }
        return classify_group_ipv6(packet, *ip, settings);
    }
    if (ip->next_header() != ip_protocol::udp) [[unlikely]] {
        return classify_odd_ipv6(packet, *ip);
    }
    return classify_udp(packet, ip->payload(), settings);
}

Verdict classify_one(Packet& packet, const Settings& settings) noexcept {
    if ((packet.receive_marks & ReceiveMarks::refused) != 0) [[unlikely]] {
        return dropped(
            (packet.receive_marks & ReceiveMarks::multi_segment) != 0 ? DropReason::multi_segment
                                                                      : DropReason::bad_nic_checksum
        );
    }
    const auto ethernet = EthernetView::parse(packet.bytes());
    if (!ethernet) [[unlikely]] {
        return dropped(ethernet.error());
    }
    if (!ethernet->is_to_group() && ethernet->destination() != settings.ports[packet.port].mac)
        [[unlikely]] {
        return dropped(DropReason::not_our_mac);
    }
    switch (ethernet->ethertype()) {
        case ethertype::ipv4:
            return classify_ipv4(packet, ethernet->payload(), settings);
        case ethertype::ipv6:
            return classify_ipv6(packet, ethernet->payload(), settings);
        case ethertype::arp:
            return punted(packet, PuntClass::neighbour);
        default:
            return dropped(
                ethernet->is_tagged() ? DropReason::vlan_tagged : DropReason::unknown_ethertype
            );
    }
}

void add_to_lane(
    Burst& burst, std::size_t number, Lanes& lanes, const Settings& settings
) noexcept {
    Packet& packet = burst.packets[number];
    const Verdict verdict = classify_one(packet, settings);
    switch (verdict.kind) {
        [[likely]] case FrameKind::tunnel : lanes.tunnel.add(number);
        break;
        case FrameKind::general:
            lanes.general.add(number);
            break;
        case FrameKind::leg:
            lanes.leg.add(number);
            break;
        case FrameKind::cookie:
            lanes.cookie.add(number);
            break;
        case FrameKind::punt:
            lanes.punt.add(number);
            break;
        case FrameKind::drop:
            packet.drop(verdict.reason);
            break;
    }
}

}  // namespace

void classify(Burst& burst, Lanes& lanes, const Settings& settings) noexcept {
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (is_plain_ipv4_tunnel(burst.packets[i], settings)) [[likely]] {
            lanes.tunnel.add(i);
            continue;
        }
        add_to_lane(burst, i, lanes, settings);
    }
}

void classify_the_long_way(Burst& burst, Lanes& lanes, const Settings& settings) noexcept {
    for (std::size_t i = 0; i < burst.count; ++i) {
        add_to_lane(burst, i, lanes, settings);
    }
}

}  // namespace ntm::relay
