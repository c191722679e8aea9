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

#include <gtest/gtest.h>

namespace ntm {
namespace {

constexpr std::uint64_t seed = 1961;

template <typename T>
T draw(RandomSource& random) {
    return static_cast<T>(random.number());
}

TEST(PacketProperty, ParseOfBuildIsTheIdentityOverIpv4) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 5000; ++i) {
        const IpAddress source{Ipv4Address{random.bytes<4>()}};
        const IpAddress destination{Ipv4Address{random.bytes<4>()}};
        const auto tos = draw<std::uint8_t>(random);
        const auto ttl = draw<std::uint8_t>(random);
        const auto port = draw<std::uint16_t>(random);
        const PathId id{random.number()};
        const std::size_t size = random.below(1400);
        const Bytes frame = eth()
                                .ip(source, destination)
                                .traffic_class(tos)
                                .ttl(ttl)
                                .udp(port, 9770)
                                .ntm(id, 0, port & 1)
                                .payload_of(size)
                                .padding(port % 7)
                                .build();
        const auto ip = Ipv4View::parse(EthernetView::parse(frame)->payload());
        ASSERT_TRUE(ip);
        EXPECT_TRUE(ip->has_valid_checksum());
        EXPECT_EQ(IpAddress{ip->source()}, source);
        EXPECT_EQ(IpAddress{ip->destination()}, destination);
        EXPECT_EQ(ip->tos(), tos);
        EXPECT_EQ(ip->ttl(), ttl);
        const auto udp = UdpView::parse(ip->payload());
        ASSERT_TRUE(udp);
        EXPECT_EQ(udp->source(), Port{port});
        const auto ntm = NtmView::parse(udp->payload());
        ASSERT_TRUE(ntm);
        EXPECT_EQ(ntm->path_id(), id);
        EXPECT_EQ(udp->payload().size(), NtmView::size + size);
    }
}

TEST(PacketProperty, ParseOfBuildIsTheIdentityOverIpv6) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 5000; ++i) {
        const IpAddress source{Ipv6Address{random.bytes<16>()}};
        const IpAddress destination{Ipv6Address{random.bytes<16>()}};
        const auto traffic_class = draw<std::uint8_t>(random);
        const std::size_t size = random.below(1400);
        const Bytes frame = eth()
                                .ip(source, destination)
                                .traffic_class(traffic_class)
                                .flow_label(static_cast<std::uint32_t>(i))
                                .udp(1, 2)
                                .payload_of(size)
                                .build();
        const auto ip = Ipv6View::parse(EthernetView::parse(frame)->payload());
        ASSERT_TRUE(ip);
        EXPECT_EQ(IpAddress{ip->source()}, source);
        EXPECT_EQ(IpAddress{ip->destination()}, destination);
        EXPECT_EQ(ip->traffic_class(), traffic_class);
        EXPECT_EQ(UdpView::parse(ip->payload())->payload().size(), size);
    }
}

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

TEST(PacketProperty, ParsersTakeAnyBytes) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    std::size_t parsed = 0;
    for (int i = 0; i < 50'000; ++i) {
        Bytes bytes(random.below(80));
        random.fill(bytes);
        if (!bytes.empty()) {
            bytes[0] = static_cast<std::uint8_t>(random.below(2) == 0 ? 0x45 : 0x60);
        }
        // A view's payload lies inside of what it was made from: sanitizers see it if not.
        const auto add = [&](const auto& view) {
            if (view && !view->payload().empty()) {
                parsed += view->payload().back() + std::size_t{1};
            }
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
