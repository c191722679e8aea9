// SPDX-License-Identifier: BSD-3-Clause
// RS-N in the pipeline: a node's DATA out to a general node, and what comes back (docs/protocol.md
// section 7). What the translation itself does is told by tests/unit/rs-dataplane/napt.
// Rows: S-10, C-1.
#include "common/packet/ipv4.hpp"
#include "common/packet/udp.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;
using napt::PacketEnds;
using napt::some_payload;

constexpr std::uint16_t inside_port = 5000;
constexpr std::uint16_t gn_port = 443;

struct Ends {
    PacketEnds inside;   // as the node sees the flow
    PacketEnds outside;  // as the general node does; the source port is the NAPT's choice
};

Ends ends_of(Family family) {
    return family == Family::ipv4
               ? Ends{{vip4, inside_port, gn_vip4, gn_port}, {rs4.address, 0, gn4, gn_port}}
               : Ends{{vip6, inside_port, gn_vip6, gn_port}, {rs6.address, 0, gn6, gn_port}};
}

PacketEnds reversed(const PacketEnds& ends) {
    return {ends.destination, ends.destination_port, ends.source, ends.source_port};
}

Bytes inner_of(const Bytes& frame) {
    return {frame.begin() + EthernetView::size, frame.end()};
}

std::uint16_t source_port(const Bytes& packet) {
    const std::size_t upper = packet[0] >> 4 == 4 ? 20 : 40;
    return load<Be16>(packet.data() + upper).to_host();
}

Bytes one_hop_less(Bytes packet) {
    if (packet[0] >> 4 == 6) {
        --packet[7];
        return packet;
    }
    --packet[8];
    napt::repair_ipv4_header(packet);
    return packet;
}

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
    EXPECT_EQ(keys_->counters.next_to_send, 2U);
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
    const auto counted = [this] {
        std::uint64_t packets = 0;
        for (const PathCounters& counters : path_counters_) {
            packets += counters.legs[0].packets.value();
        }
        return packets;
    };
    EXPECT_EQ(counted(), 0U) << "what is forged counts for nobody's path";
    ASSERT_EQ(receive(data(good_)).fate, Fate::transmit);
    EXPECT_EQ(counted(), 1U);
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
}

TEST_F(RsNRefusals, unknown_subscriber) {
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    EXPECT_EQ(receive(data(good_)).reason, DropReason::unknown_subscriber);
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

TEST_F(RsNRefusals, ttl_expired) {
    Bytes last_hop = good_;
    last_hop[8] = 1;
    napt::repair_ipv4_header(last_hop);
    EXPECT_EQ(receive(data(last_hop)).reason, DropReason::ttl_expired);
    EXPECT_EQ(rs_n_->usage().sessions, 0U);
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
    keys_->counters.next_to_send = std::uint64_t{1} << 40;
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
