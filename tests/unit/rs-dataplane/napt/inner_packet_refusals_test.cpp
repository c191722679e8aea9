// SPDX-License-Identifier: BSD-3-Clause
// What is not translated, each with its reason. I-3, I-10, I-12, U-3a, K-7.
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

struct Case {
    const char* what;
    DropReason reason;
    std::function<Bytes()> packet;
};

const Case cases[] = {
    {"nothing",
     DropReason::inner_ip_length,
     [] {
         return Bytes{};
     }},
    {"version 5",
     DropReason::inner_ip_length,
     [] {
         return with_byte(udp4, 0, 0x55);
     }},
    {"IHL 4",
     DropReason::inner_ip_length,
     [] {
         return with_byte(udp4, 0, 0x44);
     }},
    {"total length short",
     DropReason::inner_ip_length,
     [] {
         return with_byte(udp4, 3, 32);
     }},
    {"total length long",
     DropReason::inner_ip_length,
     [] {
         return with_byte(udp4, 3, 34);
     }},
    {"payload length short",
     DropReason::inner_ip_length,
     [] {
         return with_byte(udp6, 5, 12);
     }},
    {"payload length long",
     DropReason::inner_ip_length,
     [] {
         return with_byte(udp6, 5, 14);
     }},
    {"longer than offsets reach",
     DropReason::inner_ip_length,
     [] {
         return packet_of(Kind::udp, ends6, Bytes(65527));
     }},
    {"header checksum",
     DropReason::inner_ipv4_checksum,
     [] {
         Bytes packet = udp4;
         packet[8] ^= 1;
         return packet;
     }},
    {"options",
     DropReason::inner_ipv4_options,
     [] {
         return with_options(udp4);
     }},
    {"first fragment",
     DropReason::inner_fragment,
     [] {
         return with_byte(udp4, 6, 0x20);
     }},
    {"last fragment",
     DropReason::inner_fragment,
     [] {
         return with_byte(udp4, 7, 1);
     }},
    {"IPv6 fragment",
     DropReason::inner_fragment,
     [] {
         return with_byte(udp6, 6, 44);
     }},
    {"hop by hop",
     DropReason::inner_ipv6_extension,
     [] {
         return with_byte(udp6, 6, 0);
     }},
    {"routing",
     DropReason::inner_ipv6_extension,
     [] {
         return with_byte(udp6, 6, 43);
     }},
    {"GRE",
     DropReason::inner_protocol,
     [] {
         return with_byte(udp4, 9, 47);
     }},
    {"SCTP",
     DropReason::inner_protocol,
     [] {
         return with_byte(udp6, 6, 132);
     }},
    {"ICMPv6 over IPv4",
     DropReason::inner_protocol,
     [] {
         return with_byte(udp4, 9, 58);
     }},
    {"ICMP over IPv6",
     DropReason::inner_protocol,
     [] {
         return with_byte(udp6, 6, 1);
     }},
    {"UDP of 7 bytes",
     DropReason::inner_udp,
     [] {
         return ip_packet(ends4.source, ends4.destination, 17, Bytes(7));
     }},
    {"UDP length short",
     DropReason::inner_udp,
     [] {
         return with_byte(udp4, 25, 12);
     }},
    {"UDP length long",
     DropReason::inner_udp,
     [] {
         return with_byte(udp4, 25, 14);
     }},
    {"UDP without a checksum over IPv6",
     DropReason::inner_udp,
     [] {
         return with_byte(with_byte(udp6, 46, 0), 47, 0);
     }},
    {"TCP of 19 bytes",
     DropReason::inner_tcp,
     [] {
         return ip_packet(ends4.source, ends4.destination, 6, Bytes(19));
     }},
    {"TCP offset 4",
     DropReason::inner_tcp,
     [] {
         return with_byte(tcp4, 32, 0x40);
     }},
    {"TCP offset beyond",
     DropReason::inner_tcp,
     [] {
         return with_byte(tcp4, 32, 0x70);
     }},
    {"source port 0",
     DropReason::inner_port_zero,
     [] {
         return packet_of(Kind::udp, {ends4.source, 0, ends4.destination, 9}, {});
     }},
    {"destination port 0",
     DropReason::inner_port_zero,
     [] {
         return packet_of(Kind::tcp, {ends6.source, 9, ends6.destination, 0}, {});
     }},
    {"ICMP of 7 bytes",
     DropReason::inner_icmp,
     [] {
         return ip_packet(ends4.source, ends4.destination, 1, Bytes(7));
     }},
    {"source quench",
     DropReason::inner_icmp_type,
     [] {
         return error_packet(router4, ends4.source, {4, 0, 0}, udp4);
     }},
    {"redirect",
     DropReason::inner_icmp_type,
     [] {
         return error_packet(router4, ends4.source, {5, 0, 0}, udp4);
     }},
    {"router advertisement",
     DropReason::inner_icmp_type,
     [] {
         return error_packet(router6, ends6.source, {134, 0, 0}, udp6);
     }},
    {"error with a bad checksum",
     DropReason::inner_icmp_checksum,
     [] {
         Bytes packet = error_about(udp4);
         packet.back() ^= 1;
         return packet;
     }},
    {"ICMPv6 error with a bad checksum",
     DropReason::inner_icmp_checksum,
     [] {
         Bytes packet = error_about(udp6);
         packet.back() ^= 1;
         return packet;
     }},
    {"quote with a bad header checksum",
     DropReason::inner_icmp_checksum,
     [] {
         Bytes quoted = udp4;
         quoted[8] ^= 1;
         return error_about(quoted);
     }},
    {"quote of 27 bytes",
     DropReason::bad_quote,
     [] {
         return error_about({udp4.begin(), udp4.begin() + 27});
     }},
    {"quote of 19 bytes",
     DropReason::bad_quote,
     [] {
         return error_about({udp4.begin(), udp4.begin() + 19});
     }},
    {"no quote",
     DropReason::bad_quote,
     [] {
         return error_packet(router4, ends4.source, {});
     }},
    {"quote of 47 bytes",
     DropReason::bad_quote,
     [] {
         return error_about({udp6.begin(), udp6.begin() + 47});
     }},
    {"no quote, IPv6",
     DropReason::bad_quote,
     [] {
         return error_packet(router6, ends6.source, {});
     }},
    {"quote of another version",
     DropReason::bad_quote,
     [] {
         return error_packet(router4, ends4.source, udp6);
     }},
    {"quote of another version, IPv6",
     DropReason::bad_quote,
     [] {
         return error_packet(router6, ends6.source, udp4);
     }},
    {"quote of version 6 with an IPv4 header",
     DropReason::bad_quote,
     [] {
         Bytes quoted = udp4;
         quoted[0] = 0x65;
         repair_ipv4_header(quoted);
         return error_packet(router4, ends4.source, quoted);
     }},
    {"quote of version 7",
     DropReason::bad_quote,
     [] {
         return error_packet(router6, ends6.source, with_byte(udp6, 0, 0x70));
     }},
    {"quote with IHL 4",
     DropReason::bad_quote,
     [] {
         return error_packet(router4, ends4.source, with_byte(udp4, 0, 0x44));
     }},
    {"quote with IHL 15",
     DropReason::bad_quote,
     [] {
         return error_packet(router4, ends4.source, with_byte(udp4, 0, 0x4f));
     }},
    {"quote of a later fragment",
     DropReason::bad_quote,
     [] {
         return error_about(with_byte(udp4, 7, 1));
     }},
    {"quote of a later IPv6 fragment",
     DropReason::bad_quote,
     [] {
         return error_about(with_byte(udp6, 6, 44));
     }},
    {"quote of GRE",
     DropReason::bad_quote,
     [] {
         return error_about(with_byte(udp4, 9, 47));
     }},
    {"quote of IP in IP",
     DropReason::bad_quote,
     [] {
         return error_about(with_byte(udp4, 9, 4));
     }},
    {"quote of ESP",
     DropReason::bad_quote,
     [] {
         return error_about(with_byte(udp6, 6, 50));
     }},
    {"quote of an error",
     DropReason::bad_quote,
     [] {
         return error_about(error_about(udp4));
     }},
    {"quote of an ICMPv6 error",
     DropReason::bad_quote,
     [] {
         return error_about(error_about(udp6));
     }},
};

TEST(InnerPacket, is_refused_with_its_reason) {
    for (const Case& one : cases) {
        EXPECT_EQ(describe(reason_of(one.packet())).name, describe(one.reason).name) << one.what;
    }
}

}  // namespace
}  // namespace ntm::napt
