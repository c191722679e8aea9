// SPDX-License-Identifier: BSD-3-Clause
// RS-N by every cipher suite (docs/protocol.md section 3), with a node whose packets OpenSSL seals and
// opens. Rows: S-2, S-3, M-7.
#include "common/packet/udp.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;
using napt::some_payload;

constexpr std::uint16_t ethernet_mtu = 1500;

class RsNSuites : public RsNTest, public ::testing::WithParamInterface<crypto::Suite> {
  protected:
    RsNSuites() { use(GetParam()); }

    // Whether it can tell a packet that is not the node's own.
    [[nodiscard]] static bool seals() { return GetParam() != crypto::Suite::none; }
    // Of the general node, on the flow that the node has begun.
    [[nodiscard]] static Bytes answer_of(const Ends& ends, std::size_t payload) {
        return packet_of(Kind::udp, reversed(ends.outside), Bytes(payload, 0x5a));
    }
    [[nodiscard]] Bytes sealed() {
        return *node_sealer_->seal(packet_of(Kind::udp, ends_of(Family::ipv4).inside, some_payload)
        );
    }
    void expect_no_longer_answer_than_fits(std::size_t headers);
};

TEST_P(RsNSuites, carry_packets_of_every_length_both_ways) {
    install();
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        Ends ends = open(Kind::udp, family);
        for (std::size_t payload = 0; payload <= 1300; ++payload) {
            const Bytes there{packet_of(Kind::udp, ends.inside, Bytes(payload, 0xa5))};
            const Outcome out = receive(data(there));
            ASSERT_EQ(out.fate, Fate::transmit) << payload << ' ' << describe(out.reason).name;
            ASSERT_EQ(
                inner_of(out.frame),
                one_hop_less(packet_of(Kind::udp, ends.outside, Bytes(payload, 0xa5)))
            );
            const Outcome in = receive(from_general_node(answer_of(ends, payload)));
            ASSERT_EQ(in.fate, Fate::transmit) << payload << ' ' << describe(in.reason).name;
            const Bytes wanted = packet_of(Kind::udp, reversed(ends.inside), Bytes(payload, 0x5a));
            ASSERT_EQ(opened(in.frame), one_hop_less(wanted)) << payload;
        }
    }
}

TEST_P(RsNSuites, take_a_packet_once) {
    install();
    const Bytes frame = datagram_from_node(sealed());
    EXPECT_EQ(receive(frame).fate, Fate::transmit);
    EXPECT_EQ(receive(frame).reason, DropReason::replayed);
}

TEST_P(RsNSuites, take_an_empty_packet_as_a_sign_of_life) {
    install();
    EXPECT_EQ(receive(data({})).reason, DropReason::keep_alive);
}

TEST_P(RsNSuites, take_nothing_that_was_changed_and_the_packet_itself_all_the_same) {
    if (!seals()) {
        return;
    }
    install();
    const Bytes datagram = sealed();
    for (std::size_t at = 8; at < datagram.size(); ++at) {
        Bytes changed = datagram;
        changed[at] ^= 1;
        ASSERT_NE(receive(datagram_from_node(changed)).fate, Fate::transmit) << at;
    }
    EXPECT_EQ(receive(datagram_from_node(datagram)).fate, Fate::transmit);
}

TEST_P(RsNSuites, take_nothing_that_is_cut_off) {
    install();
    const Bytes datagram = sealed();
    for (std::size_t length = 16; length < datagram.size(); ++length) {
        Bytes cut = datagram;
        cut.resize(length);
        ASSERT_EQ(receive(datagram_from_node(cut)).fate, Fate::drop) << length;
    }
}

// By a way with Ethernet's MTU goes what fills it, and not a byte more.
void RsNSuites::expect_no_longer_answer_than_fits(std::size_t headers) {
    settings_.next_hops[0].mtu = ethernet_mtu;
    install();
    const Ends ends = open(Kind::udp, Family::ipv4);
    const std::size_t longest =
        crypto::longest_text(GetParam(), ethernet_mtu - headers) - 20 - UdpView::size;
    settings_.next_hops[1].mtu = 9000;
    const Outcome in = receive(from_general_node(answer_of(ends, longest)));
    ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
    EXPECT_TRUE(opened(in.frame));
    // One that may be fragmented, of which nobody is told: its fragments fit.
    const Bytes too_long = napt::with_byte(answer_of(ends, longest + 1), 6, 0);
    const Outcome longer = receive(from_general_node(too_long));
    ASSERT_EQ(longer.fate, Fate::drop);
    EXPECT_EQ(longer.reason, DropReason::fragmented);
    ASSERT_EQ(made_.outcomes.size(), 2U);
    for (const Outcome& fragment : made_.outcomes) {
        ASSERT_EQ(fragment.fate, Fate::transmit) << describe(fragment.reason).name;
        EXPECT_TRUE(opened(fragment.frame));
    }
}

TEST_P(RsNSuites, know_how_much_fits_over_ipv4) {
    expect_no_longer_answer_than_fits(20 + 8 + 16);
}

TEST_P(RsNSuites, know_how_much_fits_over_ipv6) {
    node_ = mn6;
    expect_no_longer_answer_than_fits(40 + 8 + 16);
}

TEST_P(RsNSuites, ask_for_no_longer_segments_than_fit_over_ipv6) {
    install();
    const auto mss = [](std::size_t size) {
        return Bytes{2, 4, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    };
    const std::size_t most = crypto::longest_text(GetParam(), ethernet_mtu - 40 - 8 - 16) - 40;
    Ends ends = ends_of(Family::ipv4);
    const Outcome out = receive(data(napt::tcp_packet(ends.inside, 0x02, mss(9000))));
    ends.outside.source_port = source_port(inner_of(out.frame));
    EXPECT_EQ(inner_of(out.frame), one_hop_less(napt::tcp_packet(ends.outside, 0x02, mss(most))));
    const PacketEnds back = reversed(ends.outside);
    const Outcome in = receive(from_general_node(napt::tcp_packet(back, 0x12, mss(9000))));
    EXPECT_EQ(
        opened(in.frame), one_hop_less(napt::tcp_packet(reversed(ends.inside), 0x12, mss(most)))
    );
}

INSTANTIATE_TEST_SUITE_P(
    All,
    RsNSuites,
    ::testing::ValuesIn(crypto::all_suites),
    [](const ::testing::TestParamInfo<crypto::Suite>& tested) {
        return "Number" + std::to_string(static_cast<unsigned>(tested.param));
    }
);

}  // namespace
}  // namespace ntm::relay::testing
