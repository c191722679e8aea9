// SPDX-License-Identifier: BSD-3-Clause
// Connections that an RS-N does not know any more: for some minutes after its start the node is told. F-14.
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

namespace ntm::relay::testing {
namespace {

using napt::some_payload;
using napt::tcp_packet;

constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t rst = 0x04;
constexpr std::uint8_t ack = 0x10;

class RsNResets : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    RsNResets() {
        make_pipeline({}, now_ + std::chrono::minutes{5});
        install();
    }
    [[nodiscard]] static PacketEnds ends() { return ends_of(GetParam()).inside; }
    [[nodiscard]] Outcome send(std::uint8_t flags, ByteView payload = {}) {
        return receive(data(tcp_packet(ends(), flags, {}, payload)));
    }
};

TEST_P(RsNResets, end_a_connection_that_is_not_known) {
    const Outcome got = send(ack, some_payload);
    ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    const auto inner = opened(got.frame);
    ASSERT_TRUE(inner);
    const bool is_ipv4 = GetParam() == Family::ipv4;
    const std::size_t ip_size = is_ipv4 ? Ipv4View::smallest : Ipv6View::size;
    ASSERT_EQ(inner->size(), ip_size + 20);
    Bytes copy = *inner;
    const auto parsed = napt::InnerPacket::parse(copy);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->ends(parsed->headers()), reversed(ends()).ends());
    const napt::TcpSegment segment = parsed->segment();
    EXPECT_TRUE(segment.has_rst);
    EXPECT_FALSE(segment.has_ack || segment.has_syn || segment.has_fin);
    EXPECT_EQ(segment.sequence, 0x05060708U) << "what the segment acknowledged";
    const std::uint8_t* const ip = copy.data();
    const WordSum addresses = is_ipv4 ? sum_words({ip + 12, 8}) : sum_words({ip + 8, 32});
    EXPECT_EQ(
        checksum_of(
            addresses + sum_pseudo_header(ip_protocol::tcp, 20) + sum_words({ip + ip_size, 20})
        ),
        0U
    );
    EXPECT_TRUE(!is_ipv4 || checksum_of(sum_words({ip, ip_size})) == 0);
    EXPECT_EQ(rs_n_->usage().sessions, 0U);
}

TEST_P(RsNResets, are_due_to_a_segment_that_a_live_connection_sends) {
    EXPECT_EQ(send(ack | fin).fate, Fate::transmit);
    EXPECT_EQ(send(rst).reason, DropReason::napt_no_session);
    EXPECT_EQ(send(rst | ack).reason, DropReason::napt_no_session);
    EXPECT_EQ(send(fin).reason, DropReason::napt_no_session) << "of no connection";
}

TEST_P(RsNResets, are_for_the_node_alone) {
    PacketEnds back = reversed(ends_of(GetParam()).outside);
    back.destination_port = first_public_port;
    EXPECT_EQ(
        receive(from_general_node(tcp_packet(back, ack, {}))).reason, DropReason::napt_no_mapping
    );
}

TEST_P(RsNResets, are_over_some_minutes_after_the_start) {
    now_ = now_ + std::chrono::minutes{5};
    EXPECT_EQ(send(ack).reason, DropReason::napt_no_session);
}

TEST_P(RsNResets, that_are_not_due_take_none_of_those_that_are) {
    for (int i = 0; i < 1100; ++i) {
        EXPECT_EQ(send(rst).reason, DropReason::napt_no_session);
    }
    EXPECT_EQ(send(ack).fate, Fate::transmit);
}

TEST_P(RsNResets, for_one_node_take_none_of_another) {
    std::size_t told = 0;
    for (int i = 0; i < 1100; ++i) {
        told += send(ack).fate == Fate::transmit ? 1U : 0U;
    }
    EXPECT_EQ(told, 200U);
    protocol::DataSealer by_other = add_other_node();
    PacketEnds its = ends();
    its.source = GetParam() == Family::ipv4 ? other_vip4 : other_vip6;
    const Outcome got =
        receive(datagram_from_node(by_other.seal(tcp_packet(its, ack, {})).value()));
    EXPECT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    now_ = now_ + std::chrono::milliseconds{1};
    EXPECT_EQ(send(ack).fate, Fate::transmit);
}

INSTANTIATE_TEST_SUITE_P(Families, RsNResets, ::testing::Values(Family::ipv4, Family::ipv6));

}  // namespace
}  // namespace ntm::relay::testing
