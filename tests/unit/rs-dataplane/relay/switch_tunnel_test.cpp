// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/switch_tunnel.hpp"

#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <tuple>

#include <gtest/gtest.h>

namespace ntm::relay::testing {
namespace {

// Runs the stages up to the switch on one frame.
class Switched {
  public:
    Switched(const Bytes& frame, const tables::RelayPath& bound, std::uint16_t headroom = 128)
        : framed_{frame, headroom}, entry_{tables::compile_entry(bound, settings_.own)} {
        burst_.packets[0] = framed_.packet;
        burst_.count = 1;
        classify(burst_, lanes_, settings_);
        if (lanes_.tunnel.is_empty()) {
            return;
        }
        Packet& packet = burst_.packets[0];
        packet.passage = &entry_.passages[static_cast<std::size_t>(packet.role)];
        lanes_.tunnel.apply(burst_, [this](Packet& one) noexcept {
            const DropReason reason = check_leg(one);
            return reason == DropReason::none ? switch_tunnel(one, settings_.own) : reason;
        });
    }
    [[nodiscard]] bool has_passed() const { return lanes_.tunnel.size() == 1; }
    [[nodiscard]] DropReason reason() const { return burst_.packets[0].reason; }
    [[nodiscard]] const Packet& packet() const { return burst_.packets[0]; }
    // From the IP header on: Ethernet is the next stage's.
    [[nodiscard]] Bytes ip() const {
        const ByteView bytes = burst_.packets[0].bytes().subspan(EthernetView::size);
        return {bytes.begin(), bytes.end()};
    }

  private:
    Settings settings_ = settings();
    FramedPacket framed_;
    tables::RelayEntry entry_;
    Burst burst_{};
    Lanes lanes_;
};

Bytes ip_of(const PacketBuilder& builder) {
    const Bytes frame = builder.build();
    return {frame.begin() + EthernetView::size, frame.end()};
}

PacketBuilder expected_at(const Endpoint& node) {
    const Endpoint& rs = node.address.is_ipv4() ? rs4 : rs6;
    PacketBuilder builder = eth()
                                .ip(rs.address, node.address)
                                .udp(rs.port.number, node.port.number)
                                .ntm(path)
                                .payload_of(40);
    if (node.address.is_ipv4()) {
        builder.fragment_field(0x4000);
    }
    return builder;
}

using Pair = std::tuple<Endpoint, Endpoint>;
class EveryFamilyPair : public ::testing::TestWithParam<Pair> {};

// E-4, E-6.
TEST_P(EveryFamilyPair, RewritesTheOuterHeaderAndNothingElse) {
    const auto& [mn, cn] = GetParam();
    PacketBuilder frame = data_from(mn).ttl(17).traffic_class(0xb9);
    const Switched switched{frame.build(), bound_path(mn, cn)};
    ASSERT_TRUE(switched.has_passed());
    EXPECT_EQ(switched.ip(), ip_of(expected_at(cn).ttl(16).traffic_class(0xb9)));
}

TEST_P(EveryFamilyPair, WorksFromTheResponderToo) {
    const auto& [mn, cn] = GetParam();
    const Switched switched{data_from(cn, Role::responder).build(), bound_path(mn, cn)};
    ASSERT_TRUE(switched.has_passed());
    EXPECT_EQ(switched.ip(), ip_of(expected_at(mn).ntm(path, 0, 1).ttl(63)));
}

TEST_P(EveryFamilyPair, DropsWhatHasNoHopLeft) {
    const auto& [mn, cn] = GetParam();
    const Switched switched{data_from(mn).ttl(1).build(), bound_path(mn, cn)};
    EXPECT_FALSE(switched.has_passed());
    EXPECT_EQ(switched.reason(), DropReason::ttl_expired);
}

// K-8.
TEST_P(EveryFamilyPair, KeepsAWrongChecksumWrong) {
    const auto& [mn, cn] = GetParam();
    const Switched right{data_from(mn).build(), bound_path(mn, cn)};
    Bytes frame = data_from(mn).build();
    frame.back() ^= 1;
    const Switched wrong{frame, bound_path(mn, cn)};
    ASSERT_TRUE(right.has_passed() && wrong.has_passed());
    Bytes expected = right.ip();
    expected.back() ^= 1;
    EXPECT_EQ(wrong.ip(), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Families,
    EveryFamilyPair,
    ::testing::Values(Pair{mn4, cn4}, Pair{mn6, cn6}, Pair{mn4, cn6}, Pair{mn6, cn4})
);

// K-4.
TEST(SwitchTunnel, KeepsNoChecksumBetweenIpv4Legs) {
    const Switched switched{data_from(mn4).udp_checksum(0).build(), bound_path(mn4, cn4)};
    ASSERT_TRUE(switched.has_passed());
    EXPECT_EQ(switched.ip(), ip_of(expected_at(cn4).ttl(63).udp_checksum(0)));
}

// K-5, K-6.
TEST(SwitchTunnel, ComputesTheChecksumThatIpv6Needs) {
    const Switched switched{data_from(mn4).udp_checksum(0).build(), bound_path(mn4, cn6)};
    ASSERT_TRUE(switched.has_passed());
    EXPECT_EQ(switched.ip(), ip_of(expected_at(cn6).ttl(63)));
}

TEST(SwitchTunnel, KeepsTheFlowLabelBetweenIpv6Legs) {
    const Switched switched{data_from(mn6).flow_label(0xabcde).build(), bound_path(mn6, cn6)};
    ASSERT_TRUE(switched.has_passed());
    EXPECT_EQ(switched.ip(), ip_of(expected_at(cn6).ttl(63).flow_label(0xabcde)));
}

TEST(SwitchTunnel, NeedsHeadroomForTheLongerHeader) {
    const Switched tight{data_from(mn4).build(), bound_path(mn4, cn6), 19};
    EXPECT_FALSE(tight.has_passed());
    EXPECT_EQ(tight.reason(), DropReason::no_headroom);
    const Switched enough{data_from(mn4).build(), bound_path(mn4, cn6), 20};
    EXPECT_TRUE(enough.has_passed());
    EXPECT_EQ(enough.packet().headroom, 0);
}

TEST(SwitchTunnel, LeavesEthernetPaddingBehind) {
    const Switched switched{data_from(mn4).padding(6).build(), bound_path(mn4, cn6)};
    ASSERT_TRUE(switched.has_passed());
    EXPECT_EQ(switched.ip(), ip_of(expected_at(cn6).ttl(63)));
}

TEST(SwitchTunnel, RepairsTheChecksumOfAPreviousSource) {
    tables::RelayPath moved = bound_path(mn4, cn6);
    moved.leg(Role::initiator).previous_remote = endpoint("192.0.2.77:4444");
    moved.leg(Role::initiator).previous_local = rs4;
    const Settings now = settings();
    const tables::PreviousSource previous =
        tables::compile_previous(moved, Role::initiator, now.own);
    tables::RelayEntry entry = tables::compile_entry(moved, now.own);
    entry.passages[0].previous = &previous;

    FramedPacket framed{data_from(endpoint("192.0.2.77:4444")).build()};
    Burst burst{};
    burst.packets[0] = framed.packet;
    burst.count = 1;
    Lanes lanes;
    classify(burst, lanes, now);
    ASSERT_EQ(lanes.tunnel.size(), 1U);
    burst.packets[0].passage = &entry.passages[0];
    ASSERT_EQ(check_leg(burst.packets[0]), DropReason::none);
    ASSERT_EQ(switch_tunnel(burst.packets[0], now.own), DropReason::none);
    const ByteView ip = burst.packets[0].bytes().subspan(EthernetView::size);
    EXPECT_EQ(Bytes(ip.begin(), ip.end()), ip_of(expected_at(cn6).ttl(63)));
}

}  // namespace
}  // namespace ntm::relay::testing
