// SPDX-License-Identifier: BSD-3-Clause
// What is translated and what is refused, with its reason. I-3, I-10, I-11, I-12, U-3a, K-7, S-16.
#include "rs-dataplane/napt/inner_packet.hpp"

#include "common/base/random.hpp"
#include "common/packet/ipv4.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

const PacketEnds ends4{address("198.18.0.5"), 5000, address("198.51.100.7"), 443};
const PacketEnds ends6{address("fd00:a::5"), 5000, address("2001:db8::7"), 443};
const IpAddress router4 = address("203.0.113.254");
const IpAddress router6 = address("2001:db8:ffff::1");

constexpr Kind kinds[] = {Kind::udp, Kind::tcp, Kind::echo_request, Kind::echo_reply};

Bytes some_payload() {
    return {0xde, 0xad, 0xbe, 0xef, 0x01};
}

Bytes error_about(const Bytes& quote) {
    const bool is_ipv4 = quote[0] >> 4 == 4;
    return error_packet(is_ipv4 ? router4 : router6, is_ipv4 ? ends4.source : ends6.source, quote);
}

DropReason reason_of(Bytes packet) {
    const auto parsed = InnerPacket::parse(packet);
    return parsed ? DropReason::none : parsed.error();
}

// Port numbers as the kind has them.
Ends expected_ends(Kind kind, const PacketEnds& ends) {
    Ends expected = ends.ends();
    if (kind == Kind::echo_request) {
        expected.destination_port = 0;
    } else if (kind == Kind::echo_reply) {
        expected.source_port = 0;
    }
    return expected;
}

TEST(InnerPacket, is_seen_as_what_it_is) {
    for (const PacketEnds& ends : {ends4, ends6}) {
        for (const Kind kind : kinds) {
            Bytes bytes = packet_of(kind, ends, some_payload());
            const auto packet = InnerPacket::parse(bytes);
            ASSERT_TRUE(packet);
            EXPECT_EQ(packet->kind(), kind);
            EXPECT_EQ(packet->headers().family, ends.source.family());
            EXPECT_EQ(packet->ends(packet->headers()), expected_ends(kind, ends));
        }
    }
}

TEST(InnerPacket, an_error_is_taken_apart) {
    for (const PacketEnds& ends : {ends4, ends6}) {
        for (const Kind kind : kinds) {
            const Bytes quoted = packet_of(kind, ends, some_payload());
            for (std::size_t length = quoted.size(); length > quoted.size() - 5; --length) {
                Bytes bytes =
                    error_about({quoted.begin(), quoted.begin() + static_cast<long>(length)});
                const auto packet = InnerPacket::parse(bytes);
                ASSERT_TRUE(packet);
                EXPECT_EQ(packet->kind(), Kind::icmp_error);
                EXPECT_EQ(packet->quote().kind, kind);
                EXPECT_EQ(packet->quote().end, bytes.size());
                EXPECT_EQ(packet->ends(packet->quote()), expected_ends(kind, ends));
            }
        }
    }
}

TEST(InnerPacket, a_tcp_segment_is_read) {
    Bytes bytes = tcp_packet(ends4, 0x12, {});
    const TcpSegment segment = InnerPacket::parse(bytes)->segment();
    EXPECT_EQ(segment.sequence, 0x01020304U);
    EXPECT_EQ(segment.acknowledgement, 0x05060708U);
    EXPECT_TRUE(segment.has_syn && segment.has_ack && !segment.has_fin && !segment.has_rst);
    bytes = tcp_packet(ends4, 0x05, {});
    const TcpSegment other = InnerPacket::parse(bytes)->segment();
    EXPECT_TRUE(!other.has_syn && !other.has_ack && other.has_fin && other.has_rst);
}

struct Case {
    const char* what;
    DropReason reason;
    std::function<Bytes()> packet;
};

// A packet with one byte changed, and, of IPv4, its header repaired.
Bytes with_byte(Bytes packet, std::size_t at, std::uint8_t value) {
    packet[at] = value;
    if (packet[0] >> 4 == 4) {
        repair_ipv4_header(packet);
    }
    return packet;
}

Bytes with_options(const Bytes& packet) {
    Bytes longer = packet;
    longer.insert(longer.begin() + 20, {1, 1, 1, 1});
    longer[0] = 0x46;
    longer[3] = static_cast<std::uint8_t>(longer.size());
    repair_ipv4_header(longer);
    return longer;
}

const Bytes udp4 = packet_of(Kind::udp, ends4, some_payload());
const Bytes udp6 = packet_of(Kind::udp, ends6, some_payload());
const Bytes tcp4 = packet_of(Kind::tcp, ends4, some_payload());

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
    {"quote of an IPv6 fragment",
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

// I-3: by options in what is quoted, and by a first fragment of it, nobody is stopped.
TEST(InnerPacket, an_error_may_quote_options_and_a_first_fragment) {
    Bytes bytes = error_about(with_options(udp4));
    auto packet = InnerPacket::parse(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->ends(packet->quote()), ends4.ends());
    bytes = error_about(with_byte(udp4, 6, 0x20));
    packet = InnerPacket::parse(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->ends(packet->quote()), ends4.ends());
}

// I-3: RFC 4884 counts words of 32 bits, of 64 in ICMPv6.
TEST(InnerPacket, what_follows_the_quote_is_none_of_it) {
    Bytes quoted4 = tcp4;
    Bytes quoted6 = packet_of(Kind::tcp, ends6, some_payload());
    quoted4.resize(128);
    quoted6.resize(128);
    Bytes bytes = error_packet(router4, ends4.source, {11, 0, 32 << 16}, quoted4);
    EXPECT_EQ(InnerPacket::parse(bytes)->quote().end, 20 + 8 + 128);
    bytes.clear();
    quoted4.insert(quoted4.end(), 40, 0xee);
    quoted6.insert(quoted6.end(), 40, 0xee);
    bytes = error_packet(router4, ends4.source, {3, 1, 32 << 16}, quoted4);
    EXPECT_EQ(InnerPacket::parse(bytes)->quote().end, 20 + 8 + 128);
    bytes = error_packet(router6, ends6.source, {1, 1, 16U << 24}, quoted6);
    EXPECT_EQ(InnerPacket::parse(bytes)->quote().end, 40 + 8 + 128);
    bytes = error_packet(router6, ends6.source, {2, 0, 1280}, quoted6);
    EXPECT_EQ(InnerPacket::parse(bytes)->quote().end, bytes.size()) << "there is an MTU";
    bytes = error_packet(router4, ends4.source, {11, 0, 200 << 16}, quoted4);
    EXPECT_EQ(InnerPacket::parse(bytes)->quote().end, bytes.size()) << "more than there is";
    bytes = error_packet(router4, ends4.source, {11, 0, 6 << 16}, quoted4);
    EXPECT_EQ(reason_of(bytes), DropReason::bad_quote) << "24 bytes of it";
}

struct MssCase {
    const char* what;
    Bytes options;
    std::uint16_t at;  // behind the 40 bytes of both headers
};

TEST(InnerPacket, the_mss_is_found_wherever_it_stands) {
    const MssCase mss_cases[] = {
        {"first", {2, 4, 5, 180}, 2},
        {"behind others", {1, 1, 4, 2, 2, 4, 5, 180}, 6},
        {"at an odd place", {1, 2, 4, 5, 180, 1, 1, 0}, 3},
        {"last", {3, 3, 7, 1, 2, 4, 5, 180}, 6},
        {"none", {1, 1, 1, 1}, 0},
        {"behind the end", {0, 2, 4, 5, 180, 0, 0, 0}, 0},
        {"cut off", {1, 1, 2, 4}, 0},
        {"kind without length", {1, 1, 1, 2}, 0},
        {"of length 3", {2, 3, 5, 0}, 0},
        {"an option of length 0", {5, 0, 2, 4, 5, 180, 0, 0}, 0},
        {"an option of length 1", {5, 1, 2, 4, 5, 180, 0, 0}, 0},
        {"an option beyond the header", {5, 9, 2, 4, 5, 180, 0, 0}, 0},
        {"no options", {}, 0},
    };
    for (const MssCase& one : mss_cases) {
        Bytes bytes = tcp_packet(ends4, 0x02, one.options, Bytes{2, 4, 5, 180});
        const std::uint16_t wanted = one.at == 0 ? 0 : static_cast<std::uint16_t>(40 + one.at);
        EXPECT_EQ(InnerPacket::parse(bytes)->mss_at(), wanted) << one.what;
        bytes = tcp_packet(ends4, 0x10, one.options);
        EXPECT_EQ(InnerPacket::parse(bytes)->mss_at(), 0) << "no SYN";
    }
}

// S-16: in memory of just its size, so that a sanitizer sees each byte that is read beside it.
TEST(InnerPacket, no_byte_is_read_that_is_not_there) {
    std::vector<Bytes> bases{
        udp4, udp6, tcp4, tcp_packet(ends6, 0x02, Bytes{1, 2, 4, 5, 180, 5, 2, 0})};
    for (const Kind kind : kinds) {
        bases.push_back(error_about(packet_of(kind, ends4, some_payload())));
        bases.push_back(error_about(packet_of(kind, ends6, some_payload())));
    }
    SeededRandom random{1};
    unsigned parsed = 0;
    for (const Bytes& base : bases) {
        for (std::size_t size = 0; size <= base.size(); ++size) {
            const DropReason reason =
                reason_of({base.begin(), base.begin() + static_cast<long>(size)});
            EXPECT_EQ(reason == DropReason::none, size == base.size());
        }
        for (int i = 0; i < 2'000; ++i) {
            Bytes changed = base;
            changed[random.below(changed.size())] = static_cast<std::uint8_t>(random.below(256));
            if (changed[0] >> 4 == 4) {
                repair_ipv4_header(changed);
            }
            parsed += reason_of(changed) == DropReason::none ? 1 : 0;
        }
    }
    EXPECT_GT(parsed, 1'000U);
}

// I-11: of each type none but the known ones is let through.
TEST(InnerPacket, every_other_icmp_type_is_refused) {
    unsigned translated4 = 0;
    unsigned translated6 = 0;
    for (unsigned type = 0; type < 256; ++type) {
        const auto its = static_cast<std::uint8_t>(type);
        translated4 +=
            reason_of(error_packet(router4, ends4.source, {its, 0, 0}, udp4)) == DropReason::none;
        translated6 +=
            reason_of(error_packet(router6, ends6.source, {its, 0, 0}, udp6)) == DropReason::none;
    }
    EXPECT_EQ(translated4, 5U);
    EXPECT_EQ(translated6, 6U);
}

}  // namespace
}  // namespace ntm::napt
