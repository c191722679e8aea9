// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include "common/packet/ipv4.hpp"
#include "common/protocol/keys.hpp"

namespace ntm::relay::testing {

namespace {

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t syn_ack = 0x12;

}  // namespace

std::unique_ptr<RsN> make_rs_n(
    const std::vector<PublicPair>& addresses,
    RandomSource& random,
    WorkerCounters& counters,
    Share share,
    Instant resets_until
) {
    napt::Bindings::Plan plan;
    plan.subscribers = most_subscribers;
    plan.mappings = 256;
    plan.sessions = 256;
    plan.ipv4 = {addresses.size(), first_public_port, 8, 64};
    plan.ipv6 = plan.ipv4;
    std::vector<Ipv4Address> ipv4;
    std::vector<Ipv6Address> ipv6;
    for (const PublicPair& pair : addresses) {
        ipv4.push_back(pair.ipv4.ipv4());
        ipv6.push_back(pair.ipv6.ipv6());
    }
    return std::make_unique<RsN>(RsN::Parts{
        napt::Bindings::make(plan_of(share, plan), random),
        napt::PublicAddresses{ipv4, ipv6},
        crypto::BurstCipher::create().value(),
        FragmentGatherer::make({}, counters, gatherer_seed),
        plan.subscribers,
        &counters,
        share,
        resets_until});
}

std::shared_ptr<tables::EndKeys> make_end_keys(
    const Secret32& secret, PathId id, crypto::Suite suite
) {
    auto keys = std::make_shared<tables::EndKeys>();
    for (const Role role : {Role::initiator, Role::responder}) {
        const protocol::KeyPurpose purpose{
            protocol::PacketType::data, static_cast<std::uint8_t>(role), suite, id};
        crypto::AeadKey& key = role == Role::initiator ? keys->opening.key : keys->sealing.key;
        key = protocol::derive_key(secret, purpose, {});
    }
    return keys;
}

Ends ends_of(Family family, const PublicPair& at) {
    return family == Family::ipv4
               ? Ends{{vip4, inside_port, gn_vip4, gn_port}, {at.ipv4, 0, gn4, gn_port}}
               : Ends{{vip6, inside_port, gn_vip6, gn_port}, {at.ipv6, 0, gn6, gn_port}};
}

PacketEnds reversed(const PacketEnds& ends) {
    return {ends.destination, ends.destination_port, ends.source, ends.source_port};
}

Bytes first_packet(napt::Kind kind, const PacketEnds& ends) {
    return kind == napt::Kind::tcp ? napt::tcp_packet(ends, syn, {})
                                   : napt::packet_of(kind, ends, napt::some_payload);
}

Bytes answer(napt::Kind kind, const PacketEnds& ends) {
    if (kind == napt::Kind::tcp) {
        return napt::tcp_packet(ends, syn_ack, {});
    }
    const bool is_echo = kind == napt::Kind::echo_request;
    return napt::packet_of(is_echo ? napt::Kind::echo_reply : kind, ends, napt::some_payload);
}

Bytes inner_of(const Bytes& frame) {
    return {frame.begin() + EthernetView::size, frame.end()};
}

std::uint16_t source_port(const Bytes& packet) {
    const bool is_ipv4 = packet[0] >> 4 == 4;
    const bool is_echo =
        packet[is_ipv4 ? 9 : 6] != ip_protocol::udp && packet[is_ipv4 ? 9 : 6] != ip_protocol::tcp;
    const std::size_t upper = is_ipv4 ? 20 : 40;
    return load<Be16>(packet.data() + upper + (is_echo ? 4 : 0)).to_host();
}

Bytes one_hop_less(Bytes packet) {
    if (packet[0] >> 4 == 6) {
        --packet[7];
        return packet;
    }
    --packet[8];
    napt::repair_ipv4_header(packet);
    return packet;
}

Bytes with_hop_limit(Bytes packet, std::uint8_t limit) {
    if (packet[0] >> 4 == 6) {
        packet[7] = limit;
        return packet;
    }
    packet[8] = limit;
    napt::repair_ipv4_header(packet);
    return packet;
}

Bytes with_own_header(Bytes packet) {
    if (packet[0] >> 4 == 6) {
        store(packet.data(), Be32::from_host(0x60000000));
        packet[7] = 64;
        return packet;
    }
    packet[1] = 0;
    store(packet.data() + 4, Be16::from_host(0));
    packet[8] = 64;
    napt::repair_ipv4_header(packet);
    return packet;
}

}  // namespace ntm::relay::testing
