// SPDX-License-Identifier: BSD-3-Clause
// What is seen of a packet that is translated, wherever it stands. I-3, I-11, S-16.
#include "rs-dataplane/napt/inner_packet.hpp"

#include "common/base/random.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

constexpr Kind kinds[] = {Kind::udp, Kind::tcp, Kind::echo_request, Kind::echo_reply};

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
            Bytes bytes = packet_of(kind, ends, some_payload);
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
            const Bytes quoted = packet_of(kind, ends, some_payload);
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
    for (const PacketEnds& ends : {ends4, ends6}) {
        const Bytes options(8, 1);
        bytes = tcp_packet(ends, 0x10, options);
        EXPECT_FALSE(InnerPacket::parse(bytes)->segment().has_text);
        bytes = tcp_packet(ends, 0x10, options, some_payload);
        EXPECT_TRUE(InnerPacket::parse(bytes)->segment().has_text);
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
    Bytes quoted6 = packet_of(Kind::tcp, ends6, some_payload);
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
    bytes = error_packet(router6, ends6.source, {2, 0, 16U << 24 | 1280}, quoted6);
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

TEST(InnerPacket, of_what_was_read_before_nothing_stays) {
    Bytes syn = tcp_packet(ends4, 0x02, Bytes{2, 4, 5, 180});
    Bytes data = packet_of(Kind::tcp, ends6, some_payload);
    InnerPacket packet;
    EXPECT_EQ(packet.read(syn), DropReason::none);
    EXPECT_EQ(packet.mss_at(), 42);
    EXPECT_EQ(packet.read(data), DropReason::none);
    EXPECT_EQ(packet.mss_at(), 0);
    EXPECT_EQ(packet.ends(packet.headers()), ends6.ends());
}

// S-16: in memory of just its size, so that a sanitizer sees each byte that is read beside it.
TEST(InnerPacket, no_byte_is_read_that_is_not_there) {
    std::vector<Bytes> bases{
        udp4, udp6, tcp4, tcp_packet(ends6, 0x02, Bytes{1, 2, 4, 5, 180, 5, 2, 0})};
    for (const Kind kind : kinds) {
        bases.push_back(error_about(packet_of(kind, ends4, some_payload)));
        bases.push_back(error_about(packet_of(kind, ends6, some_payload)));
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
