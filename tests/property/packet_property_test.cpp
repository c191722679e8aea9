// SPDX-License-Identifier: BSD-3-Clause
// Properties of the packet layer, over random packets from a fixed seed: a parsed packet is what
// was built, a checksum updated is the checksum computed whole, and no bytes crash a parser.
#include "common/base/random.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/packet/udp.hpp"

#include <array>
#include <optional>

#include <gtest/gtest.h>

namespace ntm {
namespace {

constexpr std::uint64_t seed = 1961;

template <typename T>
T draw(RandomSource& random) {
    return static_cast<T>(random.number());
}

// All that a frame says; comparing two is comparing every field.
struct Spoken {
    MacAddress from_mac;
    MacAddress to_mac;
    IpAddress source;
    IpAddress destination;
    std::uint8_t ttl = 0;
    std::uint8_t traffic_class = 0;
    Port source_port;
    Port destination_port;
    std::uint8_t type = 0;
    Role role = Role::initiator;
    PathId id;
    Bytes payload;
    friend bool operator==(const Spoken&, const Spoken&) = default;
};

IpAddress draw_address(RandomSource& random, Family family) {
    return family == Family::ipv4 ? IpAddress{Ipv4Address{random.bytes<4>()}}
                                  : IpAddress{Ipv6Address{random.bytes<16>()}};
}

Spoken draw_spoken(RandomSource& random, Family family) {
    Spoken spoken;
    spoken.from_mac = {random.bytes<6>()};
    spoken.to_mac = {random.bytes<6>()};
    spoken.source = draw_address(random, family);
    spoken.destination = draw_address(random, family);
    spoken.ttl = draw<std::uint8_t>(random);
    spoken.traffic_class = draw<std::uint8_t>(random);
    spoken.source_port = {draw<std::uint16_t>(random)};
    spoken.destination_port = {draw<std::uint16_t>(random)};
    spoken.type = static_cast<std::uint8_t>(random.below(NtmView::last_type + 1U));
    spoken.role = static_cast<Role>(random.below(2));
    spoken.id = {random.number()};
    spoken.payload.resize(random.below(1400));
    random.fill(spoken.payload);
    return spoken;
}

Bytes build(const Spoken& spoken, std::size_t padding) {
    return eth()
        .from_mac(spoken.from_mac)
        .to_mac(spoken.to_mac)
        .ip(spoken.source, spoken.destination)
        .ttl(spoken.ttl)
        .traffic_class(spoken.traffic_class)
        .udp(spoken.source_port.number, spoken.destination_port.number)
        .ntm(spoken.id, spoken.type, static_cast<std::uint8_t>(spoken.role))
        .payload(spoken.payload)
        .padding(padding)
        .build();
}

std::optional<ByteView> parse_ip(ByteView packet, Spoken& to) {
    if (const auto ip = Ipv4View::parse(packet)) {
        to.source = ip->source();
        to.destination = ip->destination();
        to.ttl = ip->ttl();
        to.traffic_class = ip->tos();
        return ip->has_valid_checksum() ? std::optional{ip->payload()} : std::nullopt;
    }
    if (const auto ip = Ipv6View::parse(packet)) {
        to.source = ip->source();
        to.destination = ip->destination();
        to.ttl = ip->hop_limit();
        to.traffic_class = ip->traffic_class();
        return ip->payload();
    }
    return std::nullopt;
}

std::optional<Spoken> parse(ByteView frame) {
    Spoken spoken;
    const auto ethernet = EthernetView::parse(frame);
    if (!ethernet) {
        return std::nullopt;
    }
    spoken.from_mac = ethernet->source();
    spoken.to_mac = ethernet->destination();
    const std::optional<ByteView> upper = parse_ip(ethernet->payload(), spoken);
    const auto udp = UdpView::parse(upper.value_or(ByteView{}));
    if (!udp) {
        return std::nullopt;
    }
    spoken.source_port = udp->source();
    spoken.destination_port = udp->destination();
    const auto ntm = NtmView::parse(udp->payload());
    if (!ntm) {
        return std::nullopt;
    }
    spoken.type = ntm->type();
    spoken.role = ntm->role();
    spoken.id = ntm->path_id();
    const ByteView inside = udp->payload().subspan(NtmView::size);
    spoken.payload.assign(inside.begin(), inside.end());
    return spoken;
}

// In every pair of families: the frame that comes, and the one that says the same over the other
// leg's.
TEST(PacketProperty, ParseOfBuildIsTheIdentityInEveryFamilyPair) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (const Family from : {Family::ipv4, Family::ipv6}) {
        for (const Family to : {Family::ipv4, Family::ipv6}) {
            for (int i = 0; i < 1000; ++i) {
                const Spoken spoken = draw_spoken(random, from);
                const auto parsed = parse(build(spoken, random.below(20)));
                ASSERT_TRUE(parsed);
                ASSERT_EQ(*parsed, spoken);
                Spoken relayed = *parsed;
                relayed.source = draw_address(random, to);
                relayed.destination = draw_address(random, to);
                const auto again = parse(build(relayed, 0));
                ASSERT_TRUE(again);
                ASSERT_EQ(*again, relayed);
            }
        }
    }
}

std::uint16_t udp_checksum_in(const Bytes& frame, const Spoken& spoken) {
    const std::size_t ip_size = spoken.source.is_ipv4() ? Ipv4View::smallest : Ipv6View::size;
    return load<std::uint16_t>(frame.data() + EthernetView::size + ip_size + 6);
}

// What a UDP checksum covers of addresses and ports.
WordSum covered(const Spoken& spoken) {
    return sum_words(spoken.source.bytes()) + sum_words(spoken.destination.bytes()) +
           Be16::from_host(spoken.source_port.number).raw() +
           Be16::from_host(spoken.destination_port.number).raw();
}

// K-2, K-3.
// The pseudo headers' protocol and length are the same in both families, so addresses may change
// family and the checksum is still updated, never computed again.
TEST(PacketProperty, ARewrittenUdpChecksumIsTheOneComputedWhole) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 100'000; ++i) {
        const auto family = [&] {
            return random.below(2) == 0 ? Family::ipv4 : Family::ipv6;
        };
        Spoken spoken = draw_spoken(random, family());
        spoken.payload.resize(random.below(40));
        const std::uint16_t before = udp_checksum_in(build(spoken, 0), spoken);
        Spoken rewritten = spoken;
        const std::uint64_t what = random.below(3);
        if (what != 0) {
            const Family to = family();
            rewritten.source = draw_address(random, to);
            rewritten.destination = draw_address(random, to);
        }
        if (what != 1) {
            rewritten.source_port = {draw<std::uint16_t>(random)};
            rewritten.destination_port = {draw<std::uint16_t>(random)};
        }
        rewritten.ttl = draw<std::uint8_t>(random);  // which the checksum does not cover
        ASSERT_EQ(
            update_udp_checksum(before, checksum_delta(covered(spoken), covered(rewritten))),
            udp_checksum_in(build(rewritten, 0), rewritten)
        ) << "packet "
          << i << ": " << spoken.source.text() << " to " << rewritten.source.text();
    }
}

TEST(PacketProperty, ARewrittenIpv4HeaderChecksumIsTheOneComputedWhole) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 100'000; ++i) {
        auto header = random.bytes<20>();
        header[0] = 0x45;
        const auto whole = [&] {
            auto cleared = header;
            store(cleared.data() + 10, std::uint16_t{0});
            return checksum_of(sum_words(cleared));
        };
        const std::uint16_t before = whole();
        const ByteView hops = ByteView{header}.subspan(8, 2);  // TTL and protocol
        const ByteView addresses = ByteView{header}.subspan(12);
        const WordSum removed = sum_words(hops) + sum_words(addresses);
        header[8] = static_cast<std::uint8_t>(header[8] - 1);
        const auto fresh = random.bytes<8>();
        store(header.data() + 12, random.below(2) == 0 ? fresh : std::array<std::uint8_t, 8>{});
        const WordSum added = sum_words(hops) + sum_words(addresses);
        ASSERT_EQ(update_checksum(before, checksum_delta(removed, added)), whole()) << i;
    }
}

// K-2.
TEST(PacketProperty, AnUpdatedChecksumIsTheOneComputedWhole) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 50'000; ++i) {
        // Short words of few values, so that the two zeros are met often.
        Bytes bytes(2 + 2 * random.below(20));
        for (std::uint8_t& byte : bytes) {
            byte = random.below(3) == 0   ? 0xff
                   : random.below(2) == 0 ? 0
                                          : draw<std::uint8_t>(random);
        }
        const std::uint16_t before = udp_checksum_of(sum_words(bytes));
        const std::size_t at = 2 * random.below(bytes.size() / 2);
        const auto removed = load<std::uint16_t>(bytes.data() + at);
        const auto added = draw<std::uint16_t>(random);
        store(bytes.data() + at, added);
        ASSERT_EQ(
            update_udp_checksum(before, checksum_delta(removed, added)),
            udp_checksum_of(sum_words(bytes))
        ) << to_hex(bytes);
    }
}

TEST(PacketProperty, TheQuickHeaderSumAgreesWithTheLoop) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 50'000; ++i) {
        auto header = random.bytes<20>();
        if (random.below(2) == 0) {
            store(header.data() + 10, std::uint16_t{0});
            store(header.data() + 10, checksum_of(sum_words(header)));
        }
        ASSERT_EQ(is_valid_ipv4_sum(header.data()), fold(sum_words(header)) == 0xffff);
    }
}

// S-16.
TEST(PacketProperty, ParsersTakeAnyBytes) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    std::size_t parsed = 0;
    for (int i = 0; i < 50'000; ++i) {
        Bytes bytes(random.below(80));
        random.fill(bytes);
        if (!bytes.empty()) {
            const auto words = static_cast<unsigned>(random.below(16));
            bytes[0] = static_cast<std::uint8_t>(random.below(2) == 0 ? 0x40U | words : 0x60U);
        }
        // Length fields near the truth, which are the ones that a check may get wrong by one.
        if (bytes.size() >= 6) {
            for (const std::size_t at : {2U, 4U}) {
                const auto length = static_cast<std::uint16_t>(random.below(bytes.size() + 3));
                store(bytes.data() + at, Be16::from_host(length));
            }
        }
        const auto add = [&](const auto& view) {
            if (!view) {
                return;
            }
            const ByteView inside = view->payload();
            ASSERT_GE(inside.data(), bytes.data()) << to_hex(bytes);
            ASSERT_LE(inside.data() + inside.size(), bytes.data() + bytes.size()) << to_hex(bytes);
            parsed += inside.empty() ? 0 : inside.back() + std::size_t{1};
        };
        add(EthernetView::parse(bytes));
        add(Ipv4View::parse(bytes));
        add(Ipv6View::parse(bytes));
        add(UdpView::parse(bytes));
        const auto ntm = NtmView::parse(bytes);
        parsed += ntm ? ntm->path_id().value & 1 : 0;
    }
    EXPECT_GT(parsed, 0U);
}

}  // namespace
}  // namespace ntm
