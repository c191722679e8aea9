// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/answer_cookie.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/udp.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "rs-dataplane/relay/packet_source.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

constexpr std::size_t ip_at = EthernetView::size;
constexpr std::uint8_t first_hop_limit = 64;
constexpr std::uint8_t ecn_bits = 0x03;
constexpr std::uint16_t udp_length = UdpView::size + protocol::cookie_size;

template <std::size_t length>
void swap_fields(std::uint8_t* first, std::uint8_t* second) noexcept {
    std::swap_ranges(first, first + length, second);
}

// The answer is a packet of our own: full hop limit, not marked for ECN.
void turn_ipv4(std::uint8_t* ip) noexcept {
    ip[1] = static_cast<std::uint8_t>(ip[1] & ~ecn_bits);
    store(ip + 4, Be32::from_host(0x4000));  // identification 0, DF
    ip[8] = first_hop_limit;
    store(ip + 10, std::uint16_t{0});
    swap_fields<4>(ip + 12, ip + 16);
    store(ip + 10, checksum_of(sum_ipv4_header(ip)));
}

void turn_ipv6(std::uint8_t* ip) noexcept {
    ip[1] = static_cast<std::uint8_t>(ip[1] & ~(ecn_bits << 4));
    ip[7] = first_hop_limit;
    swap_fields<16>(ip + 8, ip + 24);
}

void turn_round(Packet& packet) noexcept {
    std::uint8_t* ip = packet.begin + ip_at;
    std::uint8_t* udp = packet.begin + packet.udp_at;
    swap_fields<6>(packet.begin, packet.begin + 6);
    if (packet.is_ipv6) {
        turn_ipv6(ip);
    } else {
        turn_ipv4(ip);
    }
    swap_fields<2>(udp, udp + 2);
    store(udp + 6, std::uint16_t{0});
    const ByteView addresses = packet.is_ipv6 ? ByteView{ip + 8, 32} : ByteView{ip + 12, 8};
    store(
        udp + 6,
        udp_checksum_of(
            sum_words(addresses) + sum_pseudo_header(ip_protocol::udp, udp_length) +
            sum_words({udp, udp_length})
        )
    );
}

void write_answer(
    std::uint8_t* ntm, const crypto::Token& token, BootId boot_id, const Endpoint& seen
) noexcept {
    protocol::NtmHeader header;
    header.type = protocol::PacketType::cookie;
    header.flags = protocol::NtmHeader::flag_answer;
    header.write(ntm);
    store(ntm + protocol::cookie_token_at, token);
    store(ntm + protocol::cookie_boot_id_at, boot_id.wire());
    store(
        ntm + protocol::cookie_port_at,
        Be16::from_host(static_cast<std::uint16_t>(~seen.port.number))
    );
    std::fill(ntm + protocol::cookie_family_at, ntm + protocol::cookie_address_at, std::uint8_t{0});
    ntm[protocol::cookie_family_at] = static_cast<std::uint8_t>(seen.address.family());
    // Inverted, as a NAT that rewrites addresses it finds inside packets would.
    const std::size_t length = seen.address.bytes().size();
    for (std::size_t i = 0; i < 16; ++i) {
        const std::uint8_t byte = seen.address.padded()[i];
        ntm[protocol::cookie_address_at + i] =
            i < length ? static_cast<std::uint8_t>(~byte) : std::uint8_t{0};
    }
}

}  // namespace

DropReason CookieAnswerer::answer_one(
    Packet& packet, const Settings& settings, Instant now
) noexcept {
    const std::size_t datagram = packet.length - packet.udp_at - UdpView::size;
    if (datagram != protocol::cookie_size || !packet.path_id.is_zero()) {
        return DropReason::malformed_cookie;
    }
    if ((packet.begin[6] & 1) != 0) {
        return DropReason::bad_source;
    }
    const Endpoint source = source_of(packet);
    if (!may_answer(source.address, settings, now)) {
        return DropReason::cookie_rate;
    }
    write_answer(
        packet.begin + packet.udp_at + UdpView::size,
        mint_.mint(source, now),
        settings.boot_id,
        source
    );
    turn_round(packet);
    packet.transmit(packet.port);
    return DropReason::none;
}

// The widest first that sources which are made up do not reach past: what is beyond the budget of
// one network uses up no bucket that others share.
bool CookieAnswerer::may_answer(
    const IpAddress& source, const Settings& settings, Instant now
) noexcept {
    const Budget& per_source =
        source.is_ipv4() ? settings.cookies_per_ipv4_source : settings.cookies_per_ipv6_source;
    return networks_.take(source, settings.cookies_per_network, now) &&
           sources_.take(source, per_source, now) && all_.take(settings.cookies, now);
}

void CookieAnswerer::answer(
    Burst& burst, Lane& lane, const Settings& settings, Instant now
) noexcept {
    lane.apply(burst, [&](Packet& packet) noexcept { return answer_one(packet, settings, now); });
}

}  // namespace ntm::relay
