// SPDX-License-Identifier: BSD-3-Clause
// A translated packet equals one built anew with the other ends, byte by byte; and back again the first
// one. I-3, I-4, I-5, K-1, K-3, K-4, T-9, U-12.
#include "rs-dataplane/napt/translate.hpp"

#include "common/base/random.hpp"
#include "common/packet/ipv4.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

constexpr Kind kinds[] = {Kind::udp, Kind::tcp, Kind::echo_request, Kind::echo_reply};

class Translate : public testing::TestWithParam<Family> {
  protected:
    [[nodiscard]] IpAddress some_address() {
        if (GetParam() == Family::ipv4) {
            return Ipv4Address{random.bytes<4>()};
        }
        return Ipv6Address{random.bytes<16>()};
    }
    [[nodiscard]] std::uint16_t some_port() {
        return static_cast<std::uint16_t>(1 + random.below(65'535));
    }
    [[nodiscard]] PacketEnds some_ends() {
        return {some_address(), some_port(), some_address(), some_port()};
    }
    [[nodiscard]] Bytes some_payload() {
        Bytes payload(random.below(40));
        random.fill(payload);
        return payload;
    }
    static void translate_to(Bytes& bytes, const PacketEnds& to) {
        const auto packet = InnerPacket::parse(bytes);
        ASSERT_TRUE(packet) << describe(packet.error()).name;
        translate(*packet, to.ends());
    }
    static void translate_error_to(Bytes& bytes, const PacketEnds& to, const PacketEnds& quoted) {
        const auto packet = InnerPacket::parse(bytes);
        ASSERT_TRUE(packet) << describe(packet.error()).name;
        translate_error(*packet, to.ends(), quoted.ends());
    }

    SeededRandom random{7};
};

INSTANTIATE_TEST_SUITE_P(
    families,
    Translate,
    testing::Values(Family::ipv4, Family::ipv6),
    [](const auto& tested) { return tested.param == Family::ipv4 ? "ipv4" : "ipv6"; }
);

TEST_P(Translate, gives_what_would_be_built_anew_and_back_what_there_was) {
    for (int i = 0; i < 2'000; ++i) {
        for (const Kind kind : kinds) {
            const PacketEnds before = some_ends();
            const PacketEnds after = some_ends();
            const Bytes payload = some_payload();
            const Bytes first = packet_of(kind, before, payload);
            Bytes bytes = first;
            translate_to(bytes, after);
            ASSERT_EQ(to_hex(bytes), to_hex(packet_of(kind, after, payload)));
            translate_to(bytes, before);
            ASSERT_EQ(to_hex(bytes), to_hex(first));
        }
    }
}

TEST_P(Translate, leaves_alone_what_does_not_change) {
    for (const Kind kind : kinds) {
        const PacketEnds ends = some_ends();
        const Bytes first = packet_of(kind, ends, some_payload());
        Bytes bytes = first;
        translate_to(bytes, ends);
        EXPECT_EQ(to_hex(bytes), to_hex(first));
    }
}

// I-4, I-5, T-9, U-12: an error with as much of a quote as there may be.
TEST_P(Translate, restores_what_an_error_quotes) {
    const std::size_t least = GetParam() == Family::ipv4 ? 28 : 48;
    const std::size_t half_a_checksum = least + 9;  // of TCP: that stays as it is
    for (int i = 0; i < 2'000; ++i) {
        for (const Kind kind : kinds) {
            const PacketEnds before = some_ends();
            const PacketEnds after = some_ends();
            const Bytes payload = some_payload();
            const IpAddress router = some_address();
            const IpAddress sender = some_address();
            const auto error = [&](const IpAddress& from, const PacketEnds& quoted) {
                Bytes quote = packet_of(kind, quoted, payload);
                quote.resize(std::min(quote.size(), least + static_cast<std::size_t>(i % 30)));
                if (kind == Kind::tcp && quote.size() == half_a_checksum) {
                    quote.back() = 0x5a;
                }
                return error_packet(from, quoted.source, quote);
            };
            const Bytes first = error(router, before);
            Bytes bytes = first;
            translate_error_to(bytes, {sender, 0, after.source, 0}, after);
            ASSERT_EQ(to_hex(bytes), to_hex(error(sender, after)));
            translate_error_to(bytes, {router, 0, before.source, 0}, before);
            ASSERT_EQ(to_hex(bytes), to_hex(first));
        }
    }
}

// I-3: padding and extensions (RFC 4884) stay, though they stand where a checksum would.
TEST_P(Translate, changes_nothing_behind_the_quote) {
    const bool is_ipv4 = GetParam() == Family::ipv4;
    const PacketEnds before = some_ends();
    const PacketEnds after = some_ends();
    const std::size_t length = is_ipv4 ? 36 : 56;
    const ErrorShape shape = is_ipv4 ? ErrorShape{11, 0, std::uint32_t{36 / 4} << 16}
                                     : ErrorShape{3, 0, std::uint32_t{56 / 8} << 24};
    const auto error = [&](const PacketEnds& quoted) {
        Bytes quote = packet_of(Kind::tcp, quoted, {});
        quote.resize(length);
        quote.insert(quote.end(), 40, 0x77);
        return error_packet(after.destination, quoted.source, shape, quote);
    };
    Bytes bytes = error(before);
    translate_error_to(bytes, {after.destination, 0, after.source, 0}, after);
    EXPECT_EQ(to_hex(bytes), to_hex(error(after)));
}

// K-3.
TEST_P(Translate, a_udp_checksum_that_comes_to_zero_is_sent_as_all_ones) {
    const PacketEnds before = some_ends();
    PacketEnds after = some_ends();
    const std::size_t checksum_at = GetParam() == Family::ipv4 ? 26 : 46;
    unsigned met = 0;
    for (std::uint32_t port = 1; port <= 0xffff; ++port) {
        after.source_port = static_cast<std::uint16_t>(port);
        Bytes bytes = packet_of(Kind::udp, before, {});
        translate_to(bytes, after);
        const auto checksum = load<std::uint16_t>(bytes.data() + checksum_at);
        ASSERT_NE(checksum, 0);
        if (checksum == 0xffff) {
            ASSERT_EQ(to_hex(bytes), to_hex(packet_of(Kind::udp, after, {})));
            ++met;
        }
    }
    EXPECT_EQ(met, 1U);
}

// K-4.
TEST(TranslateUdp, without_a_checksum_stays_without) {
    const PacketEnds before{address("192.0.2.1"), 1, address("192.0.2.2"), 2};
    const PacketEnds after{address("198.51.100.1"), 3, address("198.51.100.2"), 4};
    const auto without = [](const PacketEnds& ends) {
        Bytes bytes = packet_of(Kind::udp, ends, Bytes{1, 2, 3});
        bytes[26] = bytes[27] = 0;
        return bytes;
    };
    Bytes bytes = without(before);
    translate(InnerPacket::parse(bytes).value(), after.ends());
    EXPECT_EQ(to_hex(bytes), to_hex(without(after)));
    bytes = error_packet(before.destination, before.source, without(before));
    translate_error(
        InnerPacket::parse(bytes).value(),
        {.source = PaddedAddress::of(after.destination),
         .destination = PaddedAddress::of(after.source)},
        after.ends()
    );
    EXPECT_EQ(to_hex(bytes), to_hex(error_packet(after.destination, after.source, without(after))));
}

// To a host that asked with number and identifier 0 and zeros, it is right with all ones alone.
TEST(TranslateEcho, a_reply_of_nothing_but_zeros_has_all_ones) {
    const PacketEnds before{address("203.0.113.80"), 0, address("192.0.2.1"), 0x4f9f};
    const PacketEnds after{address("198.18.64.1"), 0, address("198.18.0.1"), 0};
    const auto reply = [](const PacketEnds& ends) {
        Bytes bytes = packet_of(Kind::echo_reply, ends, Bytes(7));
        constexpr std::size_t icmp_at = 20;
        std::fill(bytes.begin() + icmp_at, bytes.end(), std::uint8_t{0});
        store(bytes.data() + icmp_at + 4, Be16::from_host(ends.destination_port));
        store(
            bytes.data() + icmp_at + 2,
            Be16::from_host(static_cast<std::uint16_t>(0xffff - ends.destination_port))
        );
        return bytes;
    };
    Bytes bytes = reply(before);
    translate(InnerPacket::parse(bytes).value(), after.ends());
    EXPECT_EQ(to_hex(bytes), to_hex(reply(after)));
    translate(InnerPacket::parse(bytes).value(), before.ends());
    EXPECT_EQ(to_hex(bytes), to_hex(reply(before)));
}

// K-1: what was damaged on its way is not mended here.
TEST_P(Translate, a_wrong_checksum_stays_as_wrong) {
    for (const Kind kind : kinds) {
        const PacketEnds before = some_ends();
        const PacketEnds after = some_ends();
        Bytes bytes = packet_of(kind, before, Bytes{1, 2, 3, 4});
        bytes.back() ^= 0x10;
        translate_to(bytes, after);
        bytes.back() ^= 0x10;
        EXPECT_EQ(to_hex(bytes), to_hex(packet_of(kind, after, Bytes{1, 2, 3, 4})));
    }
}

// Whatever place it stands at.
TEST_P(Translate, the_mss_of_a_syn_is_lowered_and_never_raised) {
    const PacketEnds ends = some_ends();
    const auto syn_with = [&](unsigned mss, bool is_odd) {
        const auto high = static_cast<std::uint8_t>(mss >> 8);
        const auto low = static_cast<std::uint8_t>(mss);
        return is_odd ? tcp_packet(ends, 0x12, Bytes{1, 2, 4, high, low, 1, 1, 1})
                      : tcp_packet(ends, 0x02, Bytes{2, 4, high, low, 4, 2, 1, 1});
    };
    for (const bool is_odd : {false, true}) {
        for (unsigned mss = 0; mss <= 0xffff; mss += 7) {
            Bytes bytes = syn_with(mss, is_odd);
            clamp_mss(InnerPacket::parse(bytes).value(), 1360);
            ASSERT_EQ(to_hex(bytes), to_hex(syn_with(std::min(mss, 1360U), is_odd))) << mss;
        }
    }
    const Bytes without = tcp_packet(ends, 0x02, {});
    Bytes bytes = without;
    clamp_mss(InnerPacket::parse(bytes).value(), 100);
    EXPECT_EQ(bytes, without);
}

}  // namespace
}  // namespace ntm::napt
