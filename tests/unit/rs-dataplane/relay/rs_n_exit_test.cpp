// SPDX-License-Identifier: BSD-3-Clause
// RS-N's exit paths: real addresses inside, and a filter for each packet (docs/protocol.md section 7).
// Rows: S-8, C-11, U-8.
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

namespace ntm::relay::testing {
namespace {

using napt::ErrorShape;
using napt::Kind;
using napt::packet_of;
using napt::some_payload;

class RsNExit : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    RsNExit() {
        settings_.targets = TargetFilter{own_list()};
        path_.end->general_nodes.clear();
        path_.end->exit_hops = {1, 1};
        install();
    }
    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static IpAddress relay() { return is_ipv4() ? rs4.address : rs6.address; }
    [[nodiscard]] static IpAddress general_node() { return is_ipv4() ? gn4 : gn6; }
    [[nodiscard]] static IpAddress stranger() {
        return is_ipv4() ? address("192.0.2.99") : address("2001:db8:99::99");
    }
    // From the node.
    [[nodiscard]] static PacketEnds ends_to(const IpAddress& target) {
        return {is_ipv4() ? vip4 : vip6, inside_port, target, gn_port};
    }
    [[nodiscard]] Outcome send_to(const IpAddress& target) {
        return receive(data(packet_of(Kind::udp, ends_to(target), some_payload)));
    }
    // From elsewhere, to a port that the node has opened.
    [[nodiscard]] PacketEnds ends_from(const IpAddress& source) {
        const Bytes opening = inner_of(send_to(general_node()).frame);
        return {source, gn_port, relay(), source_port(opening)};
    }
    [[nodiscard]] Outcome arrive_from(const IpAddress& source) {
        return receive(from_general_node(packet_of(Kind::udp, ends_from(source), some_payload)));
    }
    void forbid(const IpAddress& host) {
        auto hosts = own_list();
        hosts.push_back(host);
        settings_.targets = TargetFilter{hosts};
    }
    // What the node hears of a packet of its.
    void expect_error(const Outcome& got, const ErrorShape& shape, const Bytes& quote) {
        ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
        const IpAddress& node = is_ipv4() ? vip4 : vip6;
        EXPECT_EQ(
            opened(got.frame), with_own_header(napt::error_packet(relay(), node, shape, quote))
        );
    }
};

TEST_P(RsNExit, leads_to_every_host_by_its_real_address) {
    for (const IpAddress& host : {general_node(), stranger()}) {
        PacketEnds inside = ends_to(host);
        const Outcome out = receive(data(napt::tcp_packet(inside, 0x02, {})));
        ASSERT_EQ(out.fate, Fate::transmit) << describe(out.reason).name;
        EXPECT_EQ(out.port, 1);
        const PacketEnds outside{relay(), source_port(inner_of(out.frame)), host, gn_port};
        EXPECT_EQ(inner_of(out.frame), one_hop_less(napt::tcp_packet(outside, 0x02, {})));

        const Outcome in =
            receive(from_general_node(napt::tcp_packet(reversed(outside), 0x12, {})));
        EXPECT_EQ(opened(in.frame), one_hop_less(napt::tcp_packet(reversed(inside), 0x12, {})));
    }
}

// U-8: as decision D1 has it, everybody is let in to a port that the node has opened.
TEST_P(RsNExit, brings_what_strangers_send_to_an_open_port) {
    const Outcome in = arrive_from(stranger());
    ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
    EXPECT_EQ(
        opened(in.frame),
        one_hop_less(packet_of(Kind::udp, reversed(ends_to(stranger())), some_payload))
    );
}

// C-10: a flood of SYNs does not make the table full, neither to an operator nor to a DC.
TEST_P(RsNExit, gauges_leave_out_what_a_stranger_has_begun_until_it_is_proven) {
    const auto send = [&](const IpAddress& host, std::uint8_t flags, ByteView text = {}) {
        const Outcome out = receive(data(napt::tcp_packet(ends_to(host), flags, {}, text)));
        EXPECT_EQ(out.fate, Fate::transmit) << describe(out.reason).name;
        rs_n_->tend(now_);
        return worker_counters_.napt.sessions.value();
    };
    EXPECT_EQ(send(general_node(), 0x02), 1U);
    EXPECT_EQ(send(stranger(), 0x12), 1U);
    EXPECT_EQ(rs_n_->usage().sessions, 2U);
    EXPECT_EQ(send(stranger(), 0x10, some_payload), 2U);
}

// S-8, and C-11: policy is what the node is told.
TEST_P(RsNExit, target_forbidden) {
    const std::vector<IpAddress> targets =
        is_ipv4() ? std::vector{rs4.address, address("127.0.0.1"), address("10.0.0.1"), gn_vip4}
                  : std::vector{
                        rs6.address,
                        address("::ffff:127.0.0.1"),
                        address("64:ff9b::127.0.0.1"),
                        address("fe80::1"),
                        gn_vip6};
    for (const IpAddress& target : targets) {
        const Bytes packet = packet_of(Kind::udp, ends_to(target), some_payload);
        const Outcome got = receive(data(packet));
        expect_error(got, is_ipv4() ? ErrorShape{3, 13} : ErrorShape{1, 1}, packet);
        EXPECT_EQ(got.reason, DropReason::target_forbidden) << target.text();
    }
    EXPECT_EQ(rs_n_->usage().sessions, 0U);
}

TEST_P(RsNExit, target_forbidden_is_not_told_of_what_goes_to_many) {
    const Outcome got = send_to(is_ipv4() ? address("224.0.0.251") : address("ff02::fb"));
    EXPECT_EQ(got.fate, Fate::drop);
    EXPECT_EQ(got.reason, DropReason::target_forbidden);
}

// S-8: the error goes where the packet came from that it quotes, whatever its own header says.
TEST_P(RsNExit, target_forbidden_by_what_an_error_quotes) {
    forbid(stranger());
    ASSERT_EQ(send_to(general_node()).fate, Fate::transmit);
    const auto error_about_packet_from = [&](const IpAddress& source) {
        const Bytes quote = packet_of(Kind::udp, reversed(ends_to(source)), some_payload);
        const IpAddress& node = is_ipv4() ? vip4 : vip6;
        return receive(data(napt::error_packet(node, general_node(), quote)));
    };
    EXPECT_EQ(error_about_packet_from(general_node()).fate, Fate::transmit);
    const Outcome got = error_about_packet_from(stranger());
    EXPECT_EQ(got.fate, Fate::drop);
    EXPECT_EQ(got.reason, DropReason::target_forbidden);
}

TEST_P(RsNExit, source_forbidden) {
    forbid(stranger());
    const Outcome got = arrive_from(stranger());
    EXPECT_EQ(got.fate, Fate::drop) << "and the stranger is told nothing";
    EXPECT_EQ(got.reason, DropReason::source_forbidden);
}

// S-8.
TEST_P(RsNExit, session_does_not_go_on_with_what_is_forbidden_by_now) {
    ASSERT_EQ(arrive_from(general_node()).fate, Fate::transmit);
    const PacketEnds back = ends_from(general_node());
    forbid(general_node());
    EXPECT_EQ(send_to(general_node()).reason, DropReason::target_forbidden);
    EXPECT_EQ(
        receive(from_general_node(packet_of(Kind::udp, back, some_payload))).reason,
        DropReason::source_forbidden
    );
}

TEST_P(RsNExit, no_family_without_a_public_address) {
    settings_.targets.leave_out(GetParam());
    EXPECT_EQ(send_to(general_node()).reason, DropReason::target_forbidden);
}

TEST_P(RsNExit, no_route) {
    path_.end->exit_hops[is_ipv4() ? 0 : 1] = tables::no_next_hop;
    replace();
    EXPECT_EQ(send_to(general_node()).reason, DropReason::no_route);
}

TEST_P(RsNExit, relay_itself_tells_that_a_packet_had_no_hop_left) {
    const Bytes last_hop =
        with_hop_limit(packet_of(Kind::udp, ends_to(general_node()), some_payload), 1);
    expect_error(
        receive(data(last_hop)), is_ipv4() ? ErrorShape{11, 0} : ErrorShape{3, 0}, last_hop
    );
}

TEST_P(RsNExit, inner_source_of_a_node_without_an_address_of_the_family) {
    rs_n_->carry_out(
        OpenSubscriber{
            0,
            is_ipv4() ? Ipv4Address{} : vip4.ipv4(),
            is_ipv4() ? vip6.ipv6() : Ipv6Address{},
            {}},
        now_
    );
    PacketEnds ends = ends_to(general_node());
    ends.source = is_ipv4() ? IpAddress{Ipv4Address{}} : IpAddress{Ipv6Address{}};
    const Outcome got = receive(data(packet_of(Kind::udp, ends, some_payload)));
    EXPECT_EQ(got.reason, DropReason::inner_source);
}

INSTANTIATE_TEST_SUITE_P(Families, RsNExit, ::testing::Values(Family::ipv4, Family::ipv6));

}  // namespace
}  // namespace ntm::relay::testing
