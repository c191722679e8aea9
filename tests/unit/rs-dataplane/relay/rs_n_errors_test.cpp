// SPDX-License-Identifier: BSD-3-Clause
// The ICMP errors that RS-N makes itself (docs/protocol.md section 7).
// Rows: C-11, I-10, M-2.
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

namespace ntm::relay::testing {
namespace {

using napt::ErrorShape;
using napt::Kind;
using napt::packet_of;
using napt::some_payload;

class RsNErrors : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    RsNErrors() { install(); }
    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static Bytes sent(ByteView payload = some_payload) {
        return packet_of(Kind::udp, ends_of(GetParam()).inside, payload);
    }
    // From the general node, to a port that the node has opened.
    [[nodiscard]] Bytes answer(ByteView payload) {
        PacketEnds back = reversed(ends_of(GetParam()).outside);
        back.destination_port = source_port(inner_of(receive(data(sent())).frame));
        return packet_of(Kind::udp, back, payload);
    }
    void expect_for_node(const Outcome& got, const ErrorShape& shape, const Bytes& quote) {
        ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
        EXPECT_EQ(got.port, 0);
        const PacketEnds ends = ends_of(GetParam()).inside;
        EXPECT_EQ(
            opened(got.frame),
            with_own_header(napt::error_packet(ends.destination, ends.source, shape, quote))
        );
    }
    [[nodiscard]] std::uint64_t errors(DropReason reason) const {
        return worker_counters_.icmp_errors[static_cast<std::size_t>(reason)].value();
    }
};

TEST_P(RsNErrors, tell_the_node_that_its_packet_had_no_hop_left) {
    const Bytes last_hop = with_hop_limit(sent(), 1);
    expect_for_node(
        receive(data(last_hop)), is_ipv4() ? ErrorShape{11, 0} : ErrorShape{3, 0}, last_hop
    );
    EXPECT_EQ(errors(DropReason::ttl_expired), 1U);
    EXPECT_EQ(rs_n_->usage().sessions, 0U);
}

TEST_P(RsNErrors, tell_the_general_node_that_its_packet_had_no_hop_left) {
    const Bytes last_hop = with_hop_limit(answer(some_payload), 1);
    const Outcome got = receive(from_general_node(last_hop));
    ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    EXPECT_EQ(got.port, 1);
    const PacketEnds ends = ends_of(GetParam()).outside;
    const ErrorShape shape = is_ipv4() ? ErrorShape{11, 0} : ErrorShape{3, 0};
    EXPECT_EQ(
        inner_of(got.frame),
        with_own_header(napt::error_packet(ends.source, ends.destination, shape, last_hop))
    );
}

// M-2: what goes into the tunnel is 60 bytes longer where the node is reached by IPv4.
TEST_P(RsNErrors, tell_the_general_node_how_long_a_packet_may_be) {
    const std::size_t headers = is_ipv4() ? 28 : 48;
    const Bytes longest = answer(Bytes(1440 - headers, 7));
    ASSERT_EQ(longest.size(), 1440U);
    EXPECT_TRUE(opened(receive(from_general_node(longest)).frame));
    const Bytes too_long = answer(Bytes(1441 - headers, 7));
    const Outcome got = receive(from_general_node(too_long));
    ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    const Bytes error = inner_of(got.frame);
    EXPECT_EQ(error.size(), is_ipv4() ? 576U : 1280U);
    const std::size_t icmp = is_ipv4() ? 20 : 40;
    EXPECT_EQ(error[icmp], is_ipv4() ? 3 : 2);
    EXPECT_EQ(error[icmp + 1], is_ipv4() ? 4 : 0);
    EXPECT_EQ(load<Be32>(error.data() + icmp + 4).to_host(), 1440U);
    EXPECT_EQ(errors(DropReason::too_big), 1U);
}

// M-2: less than 1280 no host takes for true of IPv6 (RFC 8201 section 4).
TEST_P(RsNErrors, tell_of_no_way_that_is_narrower_than_ipv6_allows) {
    const Bytes too_long = answer(Bytes(1300, 7));
    for (NextHop& hop : settings_.next_hops) {
        hop.mtu = 1300;
    }
    const Outcome got = receive(from_general_node(too_long));
    ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    const std::size_t mtu_at = is_ipv4() ? 24 : 44;
    EXPECT_EQ(load<Be32>(inner_of(got.frame).data() + mtu_at).to_host(), is_ipv4() ? 1240U : 1280U);
}

TEST_P(RsNErrors, tell_the_node_that_there_is_no_port_for_it) {
    napt::Limits limits;
    limits.ports = 1;
    rs_n_->carry_out(OpenSubscriber{0, vip4.ipv4(), vip6.ipv6(), limits}, now_);
    ASSERT_EQ(receive(data(sent())).fate, Fate::transmit);
    PacketEnds second = ends_of(GetParam()).inside;
    ++second.source_port;
    const Outcome got = receive(data(packet_of(Kind::udp, second, some_payload)));
    ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    const auto error = opened(got.frame);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->at(is_ipv4() ? 20 : 40), is_ipv4() ? 3 : 1);
    EXPECT_EQ(error->at(is_ipv4() ? 21 : 41), is_ipv4() ? 1 : 3);
    EXPECT_EQ(errors(DropReason::napt_port_quota), 1U);
}

TEST_P(RsNErrors, are_never_about_an_error) {
    const PacketEnds ends = ends_of(GetParam()).inside;
    const Bytes quote = packet_of(Kind::udp, reversed(ends), some_payload);
    const Bytes error = napt::error_packet(ends.source, ends.destination, quote);
    EXPECT_EQ(receive(data(with_hop_limit(error, 1))).reason, DropReason::ttl_expired);
}

TEST_P(RsNErrors, are_limited_in_their_rate) {
    std::size_t told = 0;
    for (int i = 0; i < 200; ++i) {
        told += receive(data(with_hop_limit(sent(), 1))).fate == Fate::transmit ? 1U : 0U;
    }
    EXPECT_EQ(told, 50U);
    now_ = now_ + std::chrono::milliseconds{10};
    EXPECT_EQ(receive(data(with_hop_limit(sent(), 1))).fate, Fate::transmit);
}

TEST_P(RsNErrors, for_one_node_take_none_of_another) {
    protocol::DataSealer by_other = add_other_node();
    for (int i = 0; i < 200; ++i) {
        static_cast<void>(receive(data(with_hop_limit(sent(), 1))));
    }
    PacketEnds ends = ends_of(GetParam()).inside;
    ends.source = is_ipv4() ? other_vip4 : other_vip6;
    const Bytes last_hop = with_hop_limit(packet_of(Kind::udp, ends, some_payload), 1);
    const Outcome got = receive(datagram_from_node(by_other.seal(last_hop).value()));
    EXPECT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
}

TEST_P(RsNErrors, for_general_nodes_take_none_of_a_node) {
    const Bytes from_outside = from_general_node(with_hop_limit(answer(some_payload), 1));
    std::size_t told = 0;
    for (int i = 0; i < 200; ++i) {
        told += receive(from_outside).fate == Fate::transmit ? 1U : 0U;
    }
    EXPECT_EQ(told, 100U);
    EXPECT_EQ(receive(data(with_hop_limit(sent(), 1))).fate, Fate::transmit);
}

INSTANTIATE_TEST_SUITE_P(Families, RsNErrors, ::testing::Values(Family::ipv4, Family::ipv6));

}  // namespace
}  // namespace ntm::relay::testing
