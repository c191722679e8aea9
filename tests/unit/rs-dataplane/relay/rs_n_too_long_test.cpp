// SPDX-License-Identifier: BSD-3-Clause
// Whole packets that are too long for their way on from an RS-N: they go in fragments, if IPv4 leaves that to
// a router (docs/protocol.md section 7). Rows: M-3, U-13.
#include "common/base/byte_order.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <set>

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;

class RsNTooLong : public RsNTest {
  protected:
    RsNTooLong() { install(); }
    // An IPv4 packet without DF.
    [[nodiscard]] static Bytes may_be_cut(const Bytes& packet) {
        return napt::with_byte(packet, 6, 0);
    }
};

// U-13, M-3: inside the tunnel, and in order.
TEST_F(RsNTooLong, a_packet_for_the_node_goes_in_fragments_if_it_may) {
    const Ends flow = open(Kind::udp, Family::ipv4);
    const Bytes packet = may_be_cut(packet_of(Kind::udp, reversed(flow.outside), text(1440)));
    EXPECT_EQ(receive(from_general_node(packet)).reason, DropReason::fragmented);
    ASSERT_EQ(made_.outcomes.size(), 2U);
    std::vector<Bytes> got;
    for (const Outcome& outcome : made_.outcomes) {
        EXPECT_EQ(outcome.fate, Fate::transmit);
        EXPECT_LE(outcome.frame.size(), 14U + 1500);
        got.push_back(opened(outcome.frame).value());
    }
    EXPECT_EQ(got[0].size(), 20U + 1416);
    const Bytes wanted = may_be_cut(packet_of(Kind::udp, reversed(flow.inside), text(1440)));
    EXPECT_EQ(joined(got), one_hop_less(wanted));
    EXPECT_EQ(counted(), 2U) << "both packets of the flow";
}

TEST_F(RsNTooLong, a_packet_for_the_general_node_goes_in_fragments_if_it_may) {
    settings_.next_hops[1].mtu = 600;
    const PacketEnds inside = ends_of(Family::ipv4).inside;
    const Bytes packet = packet_of(Kind::udp, inside, text(1000));
    EXPECT_EQ(receive(data(may_be_cut(packet))).reason, DropReason::fragmented);
    ASSERT_EQ(made_.outcomes.size(), 2U);
    EXPECT_EQ(made_.outcomes[0].frame.size(), 14U + 20 + 576);
    EXPECT_EQ(made_.outcomes[1].frame.size(), 14U + 20 + 1008 - 576);
    EXPECT_EQ(receive(data(packet)).fate, Fate::transmit) << "with DF its sender is told";
}

TEST_F(RsNTooLong, without_a_buffer_it_is_dropped_for_that) {
    made_.buffers = 0;
    const Ends flow = open(Kind::udp, Family::ipv4);
    const Bytes packet = may_be_cut(packet_of(Kind::udp, reversed(flow.outside), text(1440)));
    EXPECT_EQ(receive(from_general_node(packet)).reason, DropReason::no_buffer);
}

TEST_F(RsNTooLong, a_way_too_narrow_for_any_fragment_takes_none) {
    settings_.next_hops[1].mtu = 27;
    const Bytes packet = packet_of(Kind::udp, ends_of(Family::ipv4).inside, text(1000));
    EXPECT_EQ(receive(data(may_be_cut(packet))).reason, DropReason::too_big);
}

// RFC 6864: many hosts share the public address.
TEST_F(RsNTooLong, what_may_be_fragmented_gets_an_identification_of_its_own) {
    const Bytes packet = packet_of(Kind::udp, ends_of(Family::ipv4).inside, text(100));
    std::set<std::uint16_t> seen;
    for (int i = 0; i < 1000; ++i) {
        const Outcome out = receive(data(may_be_cut(packet)));
        seen.insert(load<Be16>(inner_of(out.frame).data() + 4).to_host());
    }
    EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace ntm::relay::testing
