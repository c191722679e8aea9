// SPDX-License-Identifier: BSD-3-Clause
// The checksums against DPDK's inline functions, which share nothing with ours; and what
// PacketBuilder computes against them too.
#include "common/base/random.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/packet_builder.hpp"

#include <gtest/gtest.h>

#include <rte_ip.h>

namespace ntm {
namespace {

constexpr std::uint64_t seed = 1071;

Bytes ip_of(const PacketBuilder& builder) {
    Bytes frame = builder.build();
    frame.erase(frame.begin(), frame.begin() + EthernetView::size);
    return frame;
}

// Whether DPDK would have written the same; of either family, without options or extensions.
bool has_right_checksums(Bytes ip) {
    const bool is_ipv4 = ip[0] >> 4 == 4;
    std::uint8_t* const udp = ip.data() + (is_ipv4 ? 20 : 40);
    const auto written = load<std::uint16_t>(udp + 6);
    store(udp + 6, std::uint16_t{0});
    if (is_ipv4) {
        const auto* header = reinterpret_cast<const rte_ipv4_hdr*>(ip.data());
        return rte_raw_cksum(header, 20) == 0xffff && rte_ipv4_udptcp_cksum(header, udp) == written;
    }
    const auto* header = reinterpret_cast<const rte_ipv6_hdr*>(ip.data());
    return rte_ipv6_udptcp_cksum(header, udp) == written;
}

TEST(ChecksumOracle, AgreesOnRandomBytesOfEveryLength) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (std::size_t size = 0; size <= 1600; ++size) {
        Bytes bytes(size);
        random.fill(bytes);
        ASSERT_EQ(fold(sum_words(bytes)), rte_raw_cksum(bytes.data(), size)) << size;
    }
}

TEST(ChecksumOracle, AgreesOnIpv4Headers) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int i = 0; i < 10'000; ++i) {
        auto header = random.bytes<20>();
        header[0] = 0x45;
        store(header.data() + 10, std::uint16_t{0});
        const auto* theirs = reinterpret_cast<const rte_ipv4_hdr*>(header.data());
        ASSERT_EQ(checksum_of(sum_ipv4_header(header.data())), rte_ipv4_cksum(theirs));
        store(header.data() + 10, rte_ipv4_cksum(theirs));
        ASSERT_TRUE(is_valid_ipv4_sum(header.data()));
    }
}

// Every payload length up to 300 meets odd and even, and empty.
TEST(ChecksumOracle, AcceptsWhatTheBuilderComputesInBothFamilies) {
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (std::size_t size = 0; size <= 300; ++size) {
        Bytes payload(size);
        random.fill(payload);
        const IpAddress a4{Ipv4Address{random.bytes<4>()}};
        const IpAddress b4{Ipv4Address{random.bytes<4>()}};
        const Bytes v4 = ip_of(eth().ip(a4, b4).udp(4000, 9770).payload(payload));
        ASSERT_TRUE(has_right_checksums(v4)) << to_hex(v4);
        const IpAddress a6{Ipv6Address{random.bytes<16>()}};
        const IpAddress b6{Ipv6Address{random.bytes<16>()}};
        const Bytes v6 = ip_of(eth().ip(a6, b6).udp(4000, 9770).ntm({size}).payload(payload));
        ASSERT_TRUE(has_right_checksums(v6)) << to_hex(v6);
    }
}

TEST(ChecksumOracle, RefusesADamagedPacket) {
    Bytes packet = ip_of(eth().ipv4("192.0.2.1", "198.51.100.20").udp(1, 2).payload_of(11));
    ASSERT_TRUE(has_right_checksums(packet));
    packet.back() ^= 1;
    EXPECT_FALSE(has_right_checksums(packet));
}

// K-3: A payload word that makes the sum -0: computed zero, which UDP sends as all ones.
TEST(ChecksumOracle, AcceptsTheAllOnesOfAComputedZero) {
    for (const bool is_ipv6 : {false, true}) {
        PacketBuilder builder = is_ipv6 ? eth().ipv6("2001:db8::1", "2001:db8::2")
                                        : eth().ipv4("192.0.2.1", "198.51.100.20");
        builder.udp(4000, 9770).payload(Bytes(2));
        const std::size_t udp = is_ipv6 ? 40 : 20;
        const Bytes zero_word = ip_of(builder);
        const ByteView checksum = ByteView{zero_word}.subspan(udp + 6, 2);
        const Bytes packet = ip_of(builder.payload(checksum));
        EXPECT_EQ(load<std::uint16_t>(packet.data() + udp + 6), 0xffff);
        EXPECT_TRUE(has_right_checksums(packet));
    }
}

}  // namespace
}  // namespace ntm
