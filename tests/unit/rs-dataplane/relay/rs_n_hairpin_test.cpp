// SPDX-License-Identifier: BSD-3-Clause
// RS-N: what a node sends to a public port of its own relay. Rows: U-9, T-8, I-7, V-12, U-8, U-13, S-8, X6-3.
#include "tests/unit/rs-dataplane/relay/fragments.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>

namespace ntm::relay::testing {
namespace {

using napt::ErrorShape;
using napt::Kind;
using napt::packet_of;
using napt::some_payload;

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t syn_ack = 0x12;

// Two nodes, each with an exit path; the first one's is the world's own.
class RsNHairpin : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    RsNHairpin() {
        settings_.targets = TargetFilter{own_list()};
        path_.end->general_nodes.clear();
        path_.end->exit_hops = {1, 1};
        install();
        random_.fill(other_secret_.mutable_view());
        other_sealer_.emplace(other_secret_, suite, other_path, Role::initiator);
        other_opener_.emplace(other_secret_, suite, other_path, Role::initiator);
        other_.id = other_path;
        other_.leg(Role::initiator) = {true, other_at, rs4, {}, {}, 0};
        other_.end = tables::PathEnd{1, make_end_keys(other_secret_, other_path), {}, {1, 1}};
        EXPECT_TRUE(writer_->insert(other_));
        rs_n_->carry_out(OpenSubscriber{1, other_vip4.ipv4(), other_vip6.ipv6(), {}}, now_);
    }
    static constexpr crypto::Suite suite = crypto::Suite::aes_128_gcm;
    static constexpr PathId other_path{77};
    static inline const Endpoint other_at = endpoint("192.0.2.77:4000");

    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static IpAddress relay() { return is_ipv4() ? rs4.address : rs6.address; }
    [[nodiscard]] static IpAddress vip() { return is_ipv4() ? vip4 : vip6; }
    [[nodiscard]] static IpAddress other_vip() { return is_ipv4() ? other_vip4 : other_vip6; }
    [[nodiscard]] static IpAddress general_node() { return is_ipv4() ? gn4 : gn6; }

    [[nodiscard]] Bytes other_data(ByteView inner) {
        return eth()
            .from_mac(router0)
            .to_mac(rs_mac0)
            .ip(other_at.address, rs4.address)
            .udp(other_at.port.number, rs4.port.number)
            .payload(other_sealer_->seal(inner).value())
            .build();
    }
    [[nodiscard]] Outcome run_one(const Bytes& frame) { return run({frame}).front(); }
    [[nodiscard]] Outcome send(const Bytes& inner) { return run_one(data(inner)); }
    // In fragments.
    void send_cut(const Bytes& inner) {
        std::vector<Bytes> frames;
        for (const Bytes& fragment : fragments_of(inner, 1200)) {
            frames.push_back(data(fragment));
        }
        for (const Outcome& outcome : run(frames)) {
            EXPECT_EQ(outcome.fate, Fate::held) << describe(outcome.reason).name;
        }
    }
    // What the other one makes of the frames that were made.
    [[nodiscard]] Bytes other_joins() {
        std::vector<Bytes> fragments;
        for (const Outcome& outcome : made_.outcomes) {
            EXPECT_EQ(outcome.fate, Fate::transmit) << describe(outcome.reason).name;
            EXPECT_LE(outcome.frame.size(), 14U + 1500);
            fragments.push_back(other_opens(outcome.frame).value());
        }
        return joined(fragments);
    }
    // But for the identification that the relay gives it.
    [[nodiscard]] static Bytes as_identified(Bytes packet, const Bytes& got) {
        return whole_of(std::move(packet), load<Be16>(got.data() + 4).to_host());
    }
    // Of all paths.
    [[nodiscard]] std::uint64_t bytes_of(Role role) const {
        std::uint64_t bytes = 0;
        for (const PathCounters& counters : path_counters_) {
            bytes += counters.legs[static_cast<std::size_t>(role)].bytes.value();
        }
        return bytes;
    }
    [[nodiscard]] Outcome other_sends(const Bytes& inner) { return run_one(other_data(inner)); }
    [[nodiscard]] std::optional<Bytes> other_opens(const Bytes& frame) {
        auto inner = other_opener_->open(ByteView{frame}.subspan(42));
        return inner ? std::optional{*std::move(inner)} : std::nullopt;
    }
    // The public port of that inside port, opened by a packet to a general node.
    [[nodiscard]] std::uint16_t port_of_node(Kind kind = Kind::udp) {
        return source_port(inner_of(send(first_packet(kind, ends(vip()))).frame));
    }
    [[nodiscard]] std::uint16_t port_of_other(Kind kind = Kind::udp) {
        return source_port(inner_of(other_sends(first_packet(kind, ends(other_vip()))).frame));
    }
    [[nodiscard]] static PacketEnds ends(const IpAddress& source) {
        return {source, inside_port, general_node(), gn_port};
    }
    // From a node to a public port.
    [[nodiscard]] static PacketEnds to(std::uint16_t port, const IpAddress& source = vip()) {
        return {source, inside_port, relay(), port};
    }
    // As who is there sees it.
    [[nodiscard]] static PacketEnds from(
        std::uint16_t port, const IpAddress& destination = other_vip()
    ) {
        return {relay(), port, destination, inside_port};
    }
    static Bytes two_hops_less(const Bytes& packet) { return one_hop_less(one_hop_less(packet)); }

    tables::RelayPath other_;
    Secret32 other_secret_;
    std::optional<protocol::DataSealer> other_sealer_;
    std::optional<protocol::DataOpener> other_opener_;
};

INSTANTIATE_TEST_SUITE_P(Families, RsNHairpin, ::testing::Values(Family::ipv4, Family::ipv6));

// U-9: and the answer goes back the same way.
TEST_P(RsNHairpin, datagrams_reach_the_other_node_from_the_senders_public_port) {
    const std::uint16_t own = port_of_node();
    const std::uint16_t others = port_of_other();
    const Outcome there = send(packet_of(Kind::udp, to(others), some_payload));
    ASSERT_EQ(there.fate, Fate::transmit) << describe(there.reason).name;
    EXPECT_EQ(there.port, 0);
    EXPECT_EQ(
        other_opens(there.frame), two_hops_less(packet_of(Kind::udp, from(own), some_payload))
    );
    const Outcome back = other_sends(packet_of(Kind::udp, to(own, other_vip()), some_payload));
    ASSERT_EQ(back.fate, Fate::transmit) << describe(back.reason).name;
    EXPECT_EQ(
        opened(back.frame), two_hops_less(packet_of(Kind::udp, from(others, vip()), some_payload))
    );
}

// T-8.
TEST_P(RsNHairpin, connections_are_opened_and_go_on_in_both_directions) {
    const std::uint16_t others = port_of_other(Kind::tcp);
    const std::uint16_t own = port_of_node(Kind::tcp);
    const auto passes_there = [&](std::uint8_t flags, ByteView payload) {
        const Outcome there = send(napt::tcp_packet(to(others), flags, {}, payload));
        const Bytes seen = two_hops_less(napt::tcp_packet(from(own), flags, {}, payload));
        return other_opens(there.frame) == seen;
    };
    const auto passes_back = [&](std::uint8_t flags, ByteView payload) {
        const PacketEnds back = to(own, other_vip());
        const Outcome got = other_sends(napt::tcp_packet(back, flags, {}, payload));
        const PacketEnds seen = from(others, vip());
        return opened(got.frame) == two_hops_less(napt::tcp_packet(seen, flags, {}, payload));
    };
    constexpr std::uint8_t ack = 0x10;
    EXPECT_TRUE(passes_there(syn, {}));
    EXPECT_TRUE(passes_back(syn_ack, {}));
    EXPECT_TRUE(passes_there(ack, some_payload));
    EXPECT_TRUE(passes_back(ack, some_payload));
}

TEST_P(RsNHairpin, a_node_reaches_itself) {
    const std::uint16_t own = port_of_node();
    const Outcome got = send(packet_of(Kind::udp, to(own), some_payload));
    EXPECT_EQ(
        opened(got.frame), two_hops_less(packet_of(Kind::udp, from(own, vip()), some_payload))
    );
}

// I-7, V-12: about what came from the sender's public port, from the other one's.
TEST_P(RsNHairpin, errors_of_the_other_node_are_translated_in_both_directions) {
    const std::uint16_t others = port_of_other();
    const Bytes sent = packet_of(Kind::udp, to(others), some_payload);
    const auto got = other_opens(send(sent).frame);
    ASSERT_TRUE(got);
    const ErrorShape shape = is_ipv4() ? ErrorShape{3, 3} : ErrorShape{1, 4};
    const Outcome back = other_sends(napt::error_packet(other_vip(), relay(), shape, *got));
    ASSERT_EQ(back.fate, Fate::transmit) << describe(back.reason).name;
    const Bytes quote = two_hops_less(sent);
    EXPECT_EQ(opened(back.frame), two_hops_less(napt::error_packet(relay(), vip(), shape, quote)));
}

// The relay's own errors, about the second half of the way.
TEST_P(RsNHairpin, sender_is_told_what_does_not_fit_the_other_tunnel) {
    const std::uint16_t others = port_of_other();
    const Bytes too_long = packet_of(Kind::udp, to(others), Bytes(1441 - (is_ipv4() ? 28 : 48), 7));
    const Outcome got = send(too_long);
    ASSERT_EQ(got.fate, Fate::transmit) << describe(got.reason).name;
    const auto error = opened(got.frame);
    ASSERT_TRUE(error);
    const std::size_t icmp = is_ipv4() ? 20 : 40;
    EXPECT_EQ(error->at(icmp), is_ipv4() ? 3 : 2);
    EXPECT_EQ(load<Be16>(error->data() + icmp + 6).to_host(), 1440);
    const Bytes quote{error->begin() + static_cast<std::ptrdiff_t>(icmp) + 8, error->end()};
    const Bytes wanted = two_hops_less(too_long);
    EXPECT_TRUE(std::equal(quote.begin(), quote.end(), wanted.begin())) << "as it was sent";
    EXPECT_EQ(
        worker_counters_.icmp_errors[static_cast<std::size_t>(DropReason::too_big)].value(), 1U
    );
}

TEST_P(RsNHairpin, fragments_reach_the_other_node_in_fragments) {
    const std::uint16_t own = port_of_node();
    const std::uint16_t others = port_of_other();
    const std::uint64_t before = counted();
    send_cut(packet_of(Kind::udp, to(others), Bytes(2000, 7)));
    ASSERT_EQ(made_.outcomes.size(), 2U);
    const Bytes got = other_joins();
    const Bytes wanted = packet_of(Kind::udp, from(own), Bytes(2000, 7));
    EXPECT_EQ(got, two_hops_less(as_identified(wanted, got)));
    EXPECT_EQ(counted() - before, 2U) << "for either leg once";
}

// U-13: the tunnel to the other node is the first that is too narrow.
TEST_P(RsNHairpin, an_ipv4_packet_that_may_be_fragmented_goes_on_in_fragments) {
    if (!is_ipv4()) {
        return;
    }
    const std::uint16_t own = port_of_node();
    const std::uint16_t others = port_of_other();
    const Bytes packet = packet_of(Kind::udp, to(others), Bytes(1440, 7));
    EXPECT_EQ(send(napt::with_byte(packet, 6, 0)).reason, DropReason::fragmented);
    ASSERT_EQ(made_.outcomes.size(), 2U);
    const Bytes got = other_joins();
    const Bytes wanted = packet_of(Kind::udp, from(own), Bytes(1440, 7));
    EXPECT_EQ(got, two_hops_less(as_identified(wanted, got)));
}

TEST_P(RsNHairpin, sender_of_fragments_is_told_of_what_is_wrong_with_their_packet) {
    const std::uint16_t others = port_of_other();
    send_cut(with_hop_limit(packet_of(Kind::udp, to(others), Bytes(2000, 7)), 2));
    ASSERT_EQ(made_.outcomes.size(), 1U);
    const auto told = opened(made_.outcomes[0].frame);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->at(is_ipv4() ? 20 : 40), is_ipv4() ? 11 : 3);
}

// And there they are told from those that come from outside.
TEST_P(RsNHairpin, fragments_for_another_workers_port_go_to_it_with_their_mark) {
    make_pipeline({0, 2});
    send_cut(packet_of(Kind::udp, to(last_public_port), Bytes(2000, 7)));
    ASSERT_EQ(made_.outcomes.size(), 2U);
    for (const Outcome& outcome : made_.outcomes) {
        EXPECT_EQ(outcome.fate, Fate::hand_over);
        EXPECT_EQ(outcome.worker, 1);
        EXPECT_EQ(outcome.receive_marks, ReceiveMarks::hairpinned | ReceiveMarks::for_this_worker);
    }
}

TEST_P(RsNHairpin, no_fragment_from_outside_joins_those_of_a_node) {
    const auto gatherer = FragmentGatherer::make({}, worker_counters_, 1);
    const std::vector<Bytes> fragments =
        fragments_of(packet_of(Kind::udp, from(first_public_port), Bytes(2000, 7)), 1200);
    FramedPacket forged{from_general_node(fragments[0])};
    FramedPacket own{from_general_node(fragments[1])};
    own.packet.receive_marks = ReceiveMarks::hairpinned;
    EXPECT_FALSE(gatherer->take_of_general_node(forged.packet, now_));
    EXPECT_FALSE(gatherer->take_of_general_node(own.packet, now_));
    EXPECT_EQ(worker_counters_.held.value(), 2U);
    worker_counters_.held.set(0);
}

// X6-3.
TEST_P(RsNHairpin, both_halves_of_the_way_take_a_hop) {
    const std::uint16_t others = port_of_other();
    const Bytes packet = packet_of(Kind::udp, to(others), some_payload);
    EXPECT_TRUE(other_opens(send(with_hop_limit(packet, 3)).frame));
    const auto told = opened(send(with_hop_limit(packet, 2)).frame);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->at(is_ipv4() ? 20 : 40), is_ipv4() ? 11 : 3);
}

TEST_P(RsNHairpin, counts_for_the_paths_of_both_nodes) {
    const std::uint16_t others = port_of_other();
    const std::uint64_t before = counted();
    const std::uint64_t from_nodes = bytes_of(Role::initiator);
    const Bytes packet = packet_of(Kind::udp, to(others), some_payload);
    const Bytes frame = data(packet);
    ASSERT_EQ(run_one(frame).fate, Fate::transmit);
    EXPECT_EQ(counted() - before, 2U);
    EXPECT_EQ(bytes_of(Role::initiator) - from_nodes, frame.size() - 14) << "with its tunnel";
    EXPECT_EQ(bytes_of(Role::responder), packet.size()) << "as if it had come from a general node";
}

TEST_P(RsNHairpin, an_error_that_can_not_go_back_counts_as_none) {
    const std::uint16_t others = port_of_other();
    settings_.next_hops[0].is_usable = false;
    const std::uint64_t before = counted();
    const Outcome got = send(with_hop_limit(packet_of(Kind::udp, to(others), some_payload), 2));
    EXPECT_EQ(got.reason, DropReason::next_hop_unresolved);
    EXPECT_EQ(counted() - before, 1U) << "the packet itself, which turned round";
}

// S-8: of the relay only ports that are subscribers'.
TEST_P(RsNHairpin, target_forbidden_where_no_subscriber_can_have_a_port) {
    for (const int port : {22, 9770, first_public_port - 1, last_public_port + 1}) {
        const PacketEnds ends = to(static_cast<std::uint16_t>(port));
        const Outcome got = send(packet_of(Kind::udp, ends, some_payload));
        EXPECT_EQ(got.reason, DropReason::target_forbidden) << port;
    }
    EXPECT_EQ(
        send(packet_of(Kind::echo_request, to(0), some_payload)).reason,
        DropReason::target_forbidden
    );
}

TEST_P(RsNHairpin, napt_no_mapping_where_a_port_is_nobodys) {
    const Outcome got = send(packet_of(Kind::udp, to(last_public_port), some_payload));
    EXPECT_EQ(got.fate, Fate::drop);
    EXPECT_EQ(got.reason, DropReason::napt_no_mapping);
}

// U-8, decision D1: a path to one general node lets nobody else in.
TEST_P(RsNHairpin, napt_filtered_by_a_path_to_another_general_node) {
    other_.end->general_nodes = {{gn_vip4, gn4, 1}, {gn_vip6, gn6, 1}};
    ASSERT_TRUE(writer_->replace(other_));
    const PacketEnds ends{other_vip(), inside_port, is_ipv4() ? gn_vip4 : gn_vip6, gn_port};
    const Bytes opening = packet_of(Kind::udp, ends, some_payload);
    const std::uint16_t others = source_port(inner_of(other_sends(opening).frame));
    const Outcome got = send(packet_of(Kind::udp, to(others), some_payload));
    EXPECT_EQ(got.reason, DropReason::napt_filtered);
}

// A name may lead to where a subscriber has a port.
TEST_P(RsNHairpin, a_path_to_the_public_address_leads_to_its_ports_alone) {
    const std::uint16_t others = port_of_other();
    path_.end->general_nodes = {{gn_vip4, rs4.address, 1}, {gn_vip6, rs6.address, 1}};
    replace();
    PacketEnds ends{vip(), inside_port, is_ipv4() ? gn_vip4 : gn_vip6, others};
    const Outcome there = send(packet_of(Kind::udp, ends, some_payload));
    ASSERT_EQ(there.fate, Fate::transmit) << describe(there.reason).name;
    const auto got = other_opens(there.frame);
    ASSERT_TRUE(got);
    const std::uint16_t own = source_port(*got);
    const Outcome back = other_sends(packet_of(Kind::udp, to(own, other_vip()), some_payload));
    EXPECT_EQ(
        opened(back.frame), two_hops_less(packet_of(Kind::udp, reversed(ends), some_payload))
    );
    ends.destination_port = 22;
    EXPECT_EQ(send(packet_of(Kind::udp, ends, some_payload)).reason, DropReason::target_forbidden);
}

// T-4, I-7: after six seconds, and in its tunnel.
TEST_P(RsNHairpin, sender_of_a_syn_that_nothing_came_of_is_told_at_last) {
    other_.end->general_nodes = {{gn_vip4, gn4, 1}, {gn_vip6, gn6, 1}};
    ASSERT_TRUE(writer_->replace(other_));
    const PacketEnds opening{other_vip(), inside_port, is_ipv4() ? gn_vip4 : gn_vip6, gn_port};
    const Outcome opened_port = other_sends(napt::tcp_packet(opening, syn, {}));
    const Bytes sent = napt::tcp_packet(to(source_port(inner_of(opened_port.frame))), syn, {});
    EXPECT_EQ(send(sent).reason, DropReason::napt_syn_filtered);
    now_ += std::chrono::seconds{6};
    const auto told = own();
    ASSERT_TRUE(told);
    ASSERT_EQ(told->fate, Fate::transmit) << describe(told->reason).name;
    const ErrorShape shape = is_ipv4() ? ErrorShape{3, 3} : ErrorShape{1, 4};
    const Bytes error = napt::error_packet(relay(), vip(), shape, one_hop_less(sent));
    EXPECT_EQ(opened(told->frame), one_hop_less(with_own_header(error)));
}

// What another network sends with a public address as its source is forged.
TEST_P(RsNHairpin, source_forbidden_where_it_is_forged) {
    const std::uint16_t own = port_of_node();
    const std::uint16_t others = port_of_other();
    const PacketEnds forged{relay(), own, relay(), others};
    const Bytes frame = from_general_node(packet_of(Kind::udp, forged, some_payload));
    EXPECT_EQ(run_one(frame).reason, DropReason::source_forbidden);
    other_.end->general_nodes = {{gn_vip4, rs4.address, 1}, {gn_vip6, rs6.address, 1}};
    ASSERT_TRUE(writer_->replace(other_));
    EXPECT_EQ(run_one(frame).reason, DropReason::source_forbidden);
}

}  // namespace
}  // namespace ntm::relay::testing
