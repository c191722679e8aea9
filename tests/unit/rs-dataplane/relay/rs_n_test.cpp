// SPDX-License-Identifier: BSD-3-Clause
// RS-N in the pipeline: a node's DATA out to a general node, and what comes back (docs/protocol.md
// section 7). What the translation itself does is told by tests/unit/rs-dataplane/napt.
// Rows: S-10, C-1, M-7.
#include "common/packet/ipv4.hpp"
#include "common/packet/udp.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>
#include <utility>

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;
using napt::some_payload;

// Families of the tunnel and of what is in it.
class RsNFlows : public RsNTest,
                 public ::testing::WithParamInterface<std::tuple<Family, Family>> {};

TEST_P(RsNFlows, go_out_from_a_public_port_and_come_back_to_the_node) {
    const auto [outer, family] = GetParam();
    node_ = outer == Family::ipv4 ? mn4 : mn6;
    install();
    Ends ends = ends_of(family);
    for (const Kind kind : {Kind::udp, Kind::tcp}) {
        const Bytes sent = kind == Kind::tcp ? napt::tcp_packet(ends.inside, 0x02, {})
                                             : packet_of(kind, ends.inside, some_payload);
        const Outcome out = receive(data(sent));
        ASSERT_EQ(out.fate, Fate::transmit) << describe(out.reason).name;
        EXPECT_EQ(out.port, 1);
        ends.outside.source_port = source_port(inner_of(out.frame));
        EXPECT_GE(ends.outside.source_port, first_public_port);
        EXPECT_LE(ends.outside.source_port, last_public_port);
        const Bytes wanted = kind == Kind::tcp ? napt::tcp_packet(ends.outside, 0x02, {})
                                               : packet_of(kind, ends.outside, some_payload);
        EXPECT_EQ(inner_of(out.frame), one_hop_less(wanted));

        const PacketEnds back = reversed(ends.outside);
        const Bytes answer = kind == Kind::tcp ? napt::tcp_packet(back, 0x12, {})
                                               : packet_of(kind, back, some_payload);
        const Outcome in = receive(from_general_node(answer));
        ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
        EXPECT_EQ(in.port, 0);
        const PacketEnds seen = reversed(ends.inside);
        const Bytes expected = kind == Kind::tcp ? napt::tcp_packet(seen, 0x12, {})
                                                 : packet_of(kind, seen, some_payload);
        EXPECT_EQ(opened(in.frame), one_hop_less(expected));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Families,
    RsNFlows,
    ::testing::Combine(
        ::testing::Values(Family::ipv4, Family::ipv6), ::testing::Values(Family::ipv4, Family::ipv6)
    )
);

TEST_F(RsNTest, the_tunnel_has_right_headers_and_checksums) {
    install();
    const Outcome out = receive(data(packet_of(Kind::udp, ends_of(Family::ipv4).inside, {})));
    PacketEnds back = reversed(ends_of(Family::ipv4).outside);
    back.destination_port = source_port(inner_of(out.frame));
    Bytes answer = packet_of(Kind::udp, back, some_payload);
    answer[1] = 0xb9;  // expedited forwarding, ECT(1)
    napt::repair_ipv4_header(answer);
    const Outcome in = receive(from_general_node(answer));
    EXPECT_EQ(in.frame.at(EthernetView::size + 1), 0xb9);
    const auto ip = Ipv4View::parse(ByteView{in.frame}.subspan(EthernetView::size));
    ASSERT_TRUE(ip);
    EXPECT_TRUE(ip->has_valid_checksum());
    EXPECT_EQ(IpAddress{ip->source()}, rs4.address);
    EXPECT_EQ(IpAddress{ip->destination()}, mn4.address);
    const ByteView udp = ip->payload();
    EXPECT_EQ(load<Be16>(udp.data()).to_host(), rs4.port.number);
    EXPECT_EQ(load<Be16>(udp.data() + 2).to_host(), mn4.port.number);
    EXPECT_EQ(load<Be16>(udp.data() + 4).to_host(), udp.size());
    const WordSum sum =
        sum_words({ip->source_bytes(), 8}) +
        sum_pseudo_header(ip_protocol::udp, static_cast<std::uint16_t>(udp.size())) +
        sum_words(udp);
    EXPECT_EQ(fold(sum), 0xffff);
}

// M-7: of both ends, whatever they ask for; a smaller size stays.
TEST_F(RsNTest, a_syn_asks_for_no_longer_segments_than_the_tunnel_takes) {
    install();
    const auto mss = [](std::uint16_t size) {
        return Bytes{2, 4, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    };
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        Ends ends = ends_of(family);
        const std::uint16_t most = family == Family::ipv4 ? 1380 : 1360;
        const Outcome out = receive(data(napt::tcp_packet(ends.inside, 0x02, mss(1460))));
        ends.outside.source_port = source_port(inner_of(out.frame));
        EXPECT_EQ(
            inner_of(out.frame), one_hop_less(napt::tcp_packet(ends.outside, 0x02, mss(most)))
        );
        const PacketEnds back = reversed(ends.outside);
        for (const auto& [asked, left] : {std::pair{std::uint16_t{9000}, most}, {1000, 1000}}) {
            const Outcome in = receive(from_general_node(napt::tcp_packet(back, 0x12, mss(asked))));
            EXPECT_EQ(
                opened(in.frame),
                one_hop_less(napt::tcp_packet(reversed(ends.inside), 0x12, mss(left)))
            );
        }
    }
}

// V-rows: the general node sees one unmoving address.
TEST_F(RsNTest, a_flow_goes_on_where_the_node_moves_and_counters_too) {
    install();
    const Bytes packet = packet_of(Kind::udp, ends_of(Family::ipv4).inside, some_payload);
    const Bytes before = inner_of(receive(data(packet)).frame);
    PacketEnds back = reversed(ends_of(Family::ipv4).outside);
    back.destination_port = source_port(before);
    const Bytes answer = from_general_node(packet_of(Kind::udp, back, some_payload));
    ASSERT_TRUE(opened(receive(answer).frame));

    node_ = mn6;
    replace();
    EXPECT_EQ(inner_of(receive(data(packet)).frame), before);
    const Outcome in = receive(answer);
    ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
    EXPECT_TRUE(opened(in.frame)) << "a counter that was used before is a replay";
    EXPECT_EQ(keys_->sealing.next_counter, 2U);
}

// The public ports from 20256 on are the second worker's.
TEST_F(RsNTest, what_is_another_workers_is_handed_over_as_it_came) {
    install();
    make_pipeline({1, 2});
    const Bytes from_node = data(packet_of(Kind::udp, ends_of(Family::ipv4).inside, some_payload));
    PacketEnds back = reversed(ends_of(Family::ipv4).outside);
    back.destination_port = 20255;
    const Bytes answer = packet_of(Kind::udp, back, some_payload);
    const Bytes error =
        napt::error_packet(gn4, rs4.address, packet_of(Kind::udp, reversed(back), some_payload));
    for (const Bytes& frame : {from_node, from_general_node(answer), from_general_node(error)}) {
        const Outcome got = receive(frame);
        EXPECT_EQ(got.fate, Fate::hand_over);
        EXPECT_EQ(got.worker, 0U);
        EXPECT_EQ(got.frame, frame);
    }
    back.destination_port = 20256;
    const Outcome own = receive(from_general_node(packet_of(Kind::udp, back, some_payload)));
    EXPECT_EQ(own.reason, DropReason::napt_no_mapping);

    make_pipeline({0, 2});
    const Outcome out = receive(from_node);
    ASSERT_EQ(out.fate, Fate::transmit);
    EXPECT_LT(source_port(inner_of(out.frame)), 20256);
}

TEST_F(RsNTest, gauges_show_what_the_napt_holds_from_round_to_round) {
    install();
    const auto expect_blocks = [this](std::uint64_t held, std::uint64_t free) {
        rs_n_->tend(now_);
        EXPECT_EQ(worker_counters_.napt.blocks[0].held.value(), held);
        EXPECT_EQ(worker_counters_.napt.blocks[0].free.value(), free);
        EXPECT_EQ(worker_counters_.napt.blocks[1].held.value(), 0U);
        EXPECT_EQ(worker_counters_.napt.blocks[1].free.value(), 8U);
        EXPECT_EQ(worker_counters_.napt.sessions.value(), held * 2);
        EXPECT_EQ(worker_counters_.napt.mappings.value(), held);
    };
    expect_blocks(0, 8);
    PacketEnds ends = ends_of(Family::ipv4).inside;
    ASSERT_EQ(receive(data(packet_of(Kind::udp, ends, {}))).fate, Fate::transmit);
    ends.destination_port = gn_port + 1;
    ASSERT_EQ(receive(data(packet_of(Kind::udp, ends, {}))).fate, Fate::transmit);
    expect_blocks(1, 7);
    EXPECT_EQ(worker_counters_.napt.subscribers.value(), 1U);
    now_ = now_ + std::chrono::seconds{301};
    expect_blocks(0, 7);  // one rests
    now_ = now_ + std::chrono::seconds{120};
    expect_blocks(0, 8);
}

TEST_F(RsNTest, end_goes_to_the_control_thread_and_nobody_else_has_this_relays_role) {
    install();
    v1::End probe;
    probe.mutable_probe()->set_nonce("12345678");
    const Outcome end = receive(
        datagram_from_node(protocol::seal_end(secret_, path, Role::initiator, probe, random_))
    );
    EXPECT_EQ(end.fate, Fate::punt);
    EXPECT_EQ(end.punt_class, static_cast<std::uint8_t>(PuntClass::leg));
    const Outcome forged = receive(
        datagram_from_node(protocol::seal_end(secret_, path, Role::responder, probe, random_))
    );
    EXPECT_EQ(forged.reason, DropReason::wrong_source);
}

TEST_F(RsNTest, what_is_for_the_relay_itself_stays_the_kernels) {
    install();
    PacketEnds ends = reversed(ends_of(Family::ipv4).outside);
    ends.destination_port = 22;
    const Outcome ssh = receive(from_general_node(napt::tcp_packet(ends, 0x02, {})));
    EXPECT_EQ(ssh.fate, Fate::punt);
    EXPECT_EQ(ssh.punt_class, static_cast<std::uint8_t>(PuntClass::host));
    const Outcome ping = receive(from_general_node(packet_of(Kind::echo_request, ends, {})));
    EXPECT_EQ(ping.fate, Fate::punt);
}

// ---- What is dropped, by its reason ----

class RsNRefusals : public RsNTest {
  protected:
    RsNRefusals() { install(); }
    // As the path counts them.
    [[nodiscard]] std::uint64_t packets_of_node() const {
        std::uint64_t packets = 0;
        for (const PathCounters& counters : path_counters_) {
            packets += counters.legs[0].packets.value();
        }
        return packets;
    }
    // From the general node, to the port that a packet of the node has opened.
    [[nodiscard]] Bytes answer() {
        const Bytes out = inner_of(receive(data(good_)).frame);
        PacketEnds back = reversed(ends_of(Family::ipv4).outside);
        back.destination_port = source_port(out);
        return from_general_node(packet_of(Kind::udp, back, some_payload));
    }
    const Bytes good_ = packet_of(Kind::udp, ends_of(Family::ipv4).inside, some_payload);
};

TEST_F(RsNRefusals, truncated_data) {
    Bytes sealed = node_sealer_->seal({}).value();
    sealed.pop_back();
    EXPECT_EQ(receive(datagram_from_node(sealed)).reason, DropReason::truncated_data);
}

TEST_F(RsNRefusals, bad_tag) {
    for (const std::size_t at : {2U, 16U, 40U}) {
        Bytes sealed = node_sealer_->seal(good_).value();
        sealed[at] ^= 1;
        EXPECT_EQ(receive(datagram_from_node(sealed)).reason, DropReason::bad_tag) << at;
    }
    EXPECT_EQ(packets_of_node(), 0U) << "what is forged counts for nobody's path";
    ASSERT_EQ(receive(data(good_)).fate, Fate::transmit);
    EXPECT_EQ(packets_of_node(), 1U);
}

TEST_F(RsNRefusals, replayed) {
    const Bytes frame = data(good_);
    const auto twice = receive_all({frame, frame});
    EXPECT_EQ(twice[0].fate, Fate::transmit);
    EXPECT_EQ(twice[1].reason, DropReason::replayed);
    EXPECT_EQ(receive(frame).reason, DropReason::replayed);
}

TEST_F(RsNRefusals, keep_alive) {
    EXPECT_EQ(receive(data({})).reason, DropReason::keep_alive);
    const auto is_seen = [this](const PathCounters& counters) {
        return counters.legs[0].last_seen_seconds.load() == whole_seconds(now_);
    };
    EXPECT_TRUE(std::ranges::any_of(path_counters_, is_seen));
    EXPECT_EQ(packets_of_node(), 0U);
}

TEST_F(RsNRefusals, unknown_subscriber) {
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    EXPECT_EQ(receive(data(good_)).reason, DropReason::unknown_subscriber);
}

// The session is older than what its path is now.
TEST_F(RsNRefusals, other_path_where_the_path_leads_elsewhere_by_now) {
    const Bytes before = answer();
    ASSERT_EQ(receive(before).fate, Fate::transmit);
    path_.end->general_nodes = {{gn_vip4, address("203.0.113.81"), 1}};
    replace();
    EXPECT_EQ(receive(before).reason, DropReason::other_path);
}

TEST_F(RsNRefusals, other_path_where_the_path_is_another_subscribers_by_now) {
    const Bytes before = answer();
    rs_n_->carry_out(OpenSubscriber{1, address("198.18.0.2").ipv4(), {}, {}}, now_);
    path_.end->subscriber = 1;
    replace();
    EXPECT_EQ(receive(before).reason, DropReason::other_path);
}

TEST_F(RsNRefusals, a_subscriber_who_leaves_gets_nothing_and_his_sessions_end_by_and_by) {
    const Bytes before = answer();
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    EXPECT_EQ(receive(before).reason, DropReason::other_path);
    EXPECT_EQ(rs_n_->usage().sessions, 1U);
    rs_n_->tend(now_);
    EXPECT_EQ(rs_n_->usage(), napt::Bindings::Usage{});
}

TEST_F(RsNRefusals, who_comes_while_all_leave_finds_room) {
    for (std::uint32_t number = 1; number < most_subscribers; ++number) {
        rs_n_->carry_out(OpenSubscriber{number, vip4.ipv4(), {}, {}}, now_);
    }
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    rs_n_->carry_out(OpenSubscriber{0, vip4.ipv4(), vip6.ipv6(), {}}, now_);
    EXPECT_EQ(receive(data(good_)).fate, Fate::transmit);
}

TEST_F(RsNRefusals, sessions_end_though_nothing_comes) {
    static_cast<void>(answer());
    now_ = now_ + std::chrono::seconds{301};
    rs_n_->tend(now_);
    EXPECT_EQ(rs_n_->usage().sessions, 0U);
}

TEST_F(RsNRefusals, inner_source) {
    PacketEnds foreign = ends_of(Family::ipv4).inside;
    foreign.source = address("198.18.0.2");
    EXPECT_EQ(receive(data(packet_of(Kind::udp, foreign, {}))).reason, DropReason::inner_source);
}

TEST_F(RsNRefusals, inner_destination) {
    PacketEnds foreign = ends_of(Family::ipv4).inside;
    foreign.destination = gn4;
    EXPECT_EQ(
        receive(data(packet_of(Kind::udp, foreign, {}))).reason, DropReason::inner_destination
    );
}

// With that codepoint: 0 not ECN-capable, 2 ECT(0), 3 congestion experienced.
Bytes with_ecn(Bytes packet, std::uint8_t ecn) {
    const bool is_ipv4 = packet[0] >> 4 == 4;
    packet[1] = static_cast<std::uint8_t>(
        is_ipv4 ? (packet[1] & 0xfc) | ecn : (packet[1] & 0xcf) | ecn << 4
    );
    if (is_ipv4) {
        napt::repair_ipv4_header(packet);
    }
    return packet;
}

// RFC 6040, figure 4.
TEST_F(RsNRefusals, congestion_untold) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const Bytes packet = packet_of(Kind::udp, ends_of(family).inside, some_payload);
        const Bytes deaf = with_ecn(packet, 0);
        const Outcome lost = receive(datagram_from_node(node_sealer_->seal(deaf).value(), 3));
        EXPECT_EQ(lost.reason, DropReason::congestion_untold);
        const Bytes able = with_ecn(packet, 2);
        const Outcome told = receive(datagram_from_node(node_sealer_->seal(able).value(), 3));
        ASSERT_EQ(told.fate, Fate::transmit) << describe(told.reason).name;
        const Bytes out = inner_of(told.frame);
        EXPECT_EQ(out, with_ecn(out, 3)) << "and its checksum is right";
    }
}

TEST_F(RsNRefusals, key_used_up) {
    const Bytes out = inner_of(receive(data(good_)).frame);
    PacketEnds back = reversed(ends_of(Family::ipv4).outside);
    back.destination_port = source_port(out);
    keys_->sealing.next_counter = std::uint64_t{1} << 40;
    const Outcome in = receive(from_general_node(packet_of(Kind::udp, back, some_payload)));
    EXPECT_EQ(in.reason, DropReason::key_used_up);
}

TEST_F(RsNRefusals, what_comes_when_the_path_is_gone_or_its_leg_unbound) {
    const Bytes out = inner_of(receive(data(good_)).frame);
    PacketEnds back = reversed(ends_of(Family::ipv4).outside);
    back.destination_port = source_port(out);
    const Bytes answer = from_general_node(packet_of(Kind::udp, back, some_payload));
    path_.leg(Role::initiator).is_bound = false;
    ASSERT_TRUE(writer_->replace(path_));
    EXPECT_EQ(receive(answer).reason, DropReason::leg_not_bound);
    ASSERT_TRUE(writer_->remove(path));
    EXPECT_EQ(receive(answer).reason, DropReason::unknown_path);
}

}  // namespace
}  // namespace ntm::relay::testing
