// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/switching.hpp"

#include "common/protocol/cookie.hpp"
#include "tests/malformed/oracle.hpp"

#include <algorithm>

namespace ntm::malformed {

void check_switched(
    const WireFrame& frame,
    const Packet& packet,
    const tables::RelayPath& path,
    std::span<const relay::NextHop> next_hops
) {
    const PlainFrame in{frame.bytes};
    const PlainFrame out{packet.bytes()};
    const Role role = (in.ntm[1] & 1) != 0 ? Role::responder : Role::initiator;
    const tables::RelayLeg& from = path.leg(role);
    const tables::RelayLeg& to = path.leg(other(role));
    hold(from.is_bound && to.is_bound, "both legs of what is relayed are bound");
    hold(
        (in.source() == from.remote && in.destination() == from.local) ||
            (in.source() == from.previous_remote && in.destination() == from.previous_local),
        "what is relayed came from its leg"
    );
    hold(packet.length >= 14 + 20 + 8 + 16, "a relayed frame holds an NTM header");
    hold(to.next_hop < next_hops.size(), "there is a way to the other one");
    const relay::NextHop& hop = next_hops[to.next_hop];
    hold(hop.is_usable && packet.port == hop.port, "it leaves by the next hop's port");
    hold(load<EthernetAddresses>(packet.begin) == hop.addresses, "to the next hop's address");
    hold(out.is_ipv6 == to.remote.address.is_ipv6(), "in the other leg's family");
    hold(out.source() == to.local && out.destination() == to.remote, "between its addresses");
    hold(
        packet.length == out.length() && packet.length <= hop.mtu + 14 &&
            word_at(out.udp, 4) == out.udp_length && out.udp_length == in.udp_length,
        "with right lengths"
    );
    hold(std::ranges::equal(in.ntm, out.ntm), "and the datagram as it came");
    hold(in.hop_limit() > 1 && out.hop_limit() == in.hop_limit() - 1, "one hop less");
    hold(out.traffic_class() == in.traffic_class(), "DSCP and ECN kept");
    if (out.is_ipv6) {
        hold(out.ip[0] >> 4 == 6 && out.ip[6] == 17, "an IPv6 header");
        hold(out.flow_label() == in.flow_label(), "the flow label kept, or zero");
    } else {
        hold(out.ip[0] == 0x45 && out.ip[9] == 17, "an IPv4 header");
        hold(load<Be32>(out.ip.data() + 4).to_host() == 0x4000, "identification 0, DF");
        hold(plain_sum(out.ip.first(20)) == 0xffff, "a right IPv4 checksum");
    }
    if (in.udp_checksum() != 0) {
        hold(
            out.udp_checksum() != 0 && out.udp_sum() % 0xffff == in.udp_sum() % 0xffff,
            "the UDP checksum is as right as it came"
        );
        return;
    }
    hold(
        out.is_ipv6 ? out.udp_checksum() != 0 && out.udp_sum() == 0xffff : out.udp_checksum() == 0,
        "none, or a whole one where it is needed"
    );
}

void check_cookie(
    const WireFrame& frame,
    const Packet& packet,
    const relay::Settings& settings,
    crypto::TokenMint& mint,
    Instant now
) {
    const PlainFrame in{frame.bytes};
    const PlainFrame out{packet.bytes()};
    hold(protocol::parse_cookie_ask(in.ntm).has_value(), "only a COOKIE ask is answered");
    const auto answer = protocol::parse_cookie_answer(out.ntm);
    hold(answer && answer->nonce == protocol::parse_cookie_ask(in.ntm), "by its answer");
    hold(
        answer->outside == in.source() && answer->boot_id == settings.boot_id,
        "with what was seen, and the boot id"
    );
    hold(mint.check(answer->token, in.source(), now).has_value(), "and a token that holds");
    const auto came = load<EthernetAddresses>(frame.bytes.data());
    hold(
        packet.port == frame.port && load<EthernetAddresses>(packet.begin) ==
                                         EthernetAddresses{came.source, came.destination},
        "to the station that brought it"
    );
    hold(
        out.is_ipv6 == in.is_ipv6 && out.source() == in.destination() &&
            out.destination() == in.source(),
        "from where it was asked"
    );
    hold(packet.length == in.length() && packet.length == out.length(), "as long as the ask");
    hold(
        word_at(out.udp, 4) == out.udp_length && out.udp_checksum() != 0 &&
            out.udp_sum() == 0xffff && (out.is_ipv6 || plain_sum(out.ip.first(20)) == 0xffff),
        "with right lengths and checksums"
    );
    hold(
        out.hop_limit() == 64 && out.traffic_class() == (in.traffic_class() & 0xfc),
        "with a hop limit of its own, and no ECN"
    );
}

}  // namespace ntm::malformed
