// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/tcp_reset.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"

namespace ntm::relay {

namespace {

using napt::Ends;

constexpr std::uint16_t tcp_size = 20;
constexpr std::uint8_t hop_limit = 64;

void turn_ipv4(std::uint8_t* ip, const Ends& came) noexcept {
    ip[1] = 0;
    store(ip + 2, Be16::from_host(Ipv4View::smallest + tcp_size));
    store(ip + 4, Be32::from_host(0x4000));  // identification 0, DF
    ip[8] = hop_limit;
    store(ip + 10, std::uint16_t{0});
    store(ip + 12, came.destination.ipv4_word());
    store(ip + 16, came.source.ipv4_word());
    store(ip + 10, checksum_of(sum_ipv4_header(ip)));
}

void turn_ipv6(std::uint8_t* ip, const Ends& came) noexcept {
    store(ip, Be32::from_host(0x60000000));
    store(ip + 4, Be16::from_host(tcp_size));
    ip[7] = hop_limit;
    store(ip + 8, came.destination);
    store(ip + 24, came.source);
}

void write_reset(std::uint8_t* tcp, const Ends& came, std::uint32_t sequence) noexcept {
    constexpr std::uint32_t offset_and_rst = 0x5004'0000;  // window 0
    store(tcp, Be16::from_host(came.destination_port));
    store(tcp + 2, Be16::from_host(came.source_port));
    store(tcp + 4, Be32::from_host(sequence));
    store(tcp + 8, std::uint32_t{0});
    store(tcp + 12, Be32::from_host(offset_and_rst));
    store(tcp + 16, std::uint32_t{0});
}

}  // namespace

bool is_tcp_reset_due(const napt::InnerPacket& about) noexcept {
    if (about.kind() != napt::Kind::tcp) {
        return false;
    }
    const napt::TcpSegment segment = about.segment();
    return segment.has_ack && !segment.has_rst;
}

void make_tcp_reset(Packet& packet, const napt::InnerPacket& about) noexcept {
    const napt::Headers& headers = about.headers();
    const Ends came = about.ends(headers);
    std::uint8_t* const ip = about.at(headers.ip_at);
    std::uint8_t* const tcp = about.at(headers.upper_at);
    packet.trim_to(static_cast<std::uint16_t>(inner_at + headers.upper_at + tcp_size));
    const bool is_ipv4 = headers.family == Family::ipv4;
    if (is_ipv4) {
        turn_ipv4(ip, came);
    } else {
        turn_ipv6(ip, came);
    }
    write_reset(tcp, came, about.segment().acknowledgement);
    const WordSum addresses = is_ipv4 ? sum_words({ip + 12, 8}) : sum_words({ip + 8, 32});
    store(
        tcp + 16,
        checksum_of(
            addresses + sum_pseudo_header(ip_protocol::tcp, tcp_size) + sum_words({tcp, tcp_size})
        )
    );
}

}  // namespace ntm::relay
