// SPDX-License-Identifier: BSD-3-Clause
// Fragments through an RS-N: put together, translated as a whole, and sent on in fragments where the way
// out asks for it (docs/protocol.md section 7). Rows: M-3, M-8, U-13, U-14, X-1.
#include "common/base/byte_order.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>
#include <numeric>

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;

class RsNFragments : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    explicit RsNFragments(const PublicPair& at = own_public) : RsNTest{at} { install(); }

    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    // Behind the IP header of a fragment with so many bytes in it.
    [[nodiscard]] static std::size_t fragment_length(std::size_t carried) {
        return carried + (is_ipv4() ? 20 : 48);
    }
    [[nodiscard]] Bytes sent(std::size_t payload) const {
        return packet_of(Kind::udp, ends_of(GetParam(), public_).inside, text(payload));
    }
    [[nodiscard]] std::vector<Bytes> from_node(const std::vector<Bytes>& fragments) {
        std::vector<Bytes> frames;
        frames.reserve(fragments.size());
        for (const Bytes& fragment : fragments) {
            frames.push_back(data(fragment));
        }
        return frames;
    }
    [[nodiscard]] static std::vector<Bytes> from_gn(const std::vector<Bytes>& fragments) {
        std::vector<Bytes> frames;
        frames.reserve(fragments.size());
        for (const Bytes& fragment : fragments) {
            frames.push_back(from_general_node(fragment));
        }
        return frames;
    }
    // All are held, and those that were made are transmitted by that port.
    [[nodiscard]] std::vector<Bytes> pass(const std::vector<Bytes>& frames, std::uint16_t port) {
        made_.outcomes.clear();
        for (const Outcome& outcome : receive_all(frames)) {
            EXPECT_EQ(outcome.fate, Fate::held) << describe(outcome.reason).name;
        }
        return transmitted(port);
    }
    [[nodiscard]] std::vector<Bytes> transmitted(std::uint16_t port) const {
        std::vector<Bytes> made;
        for (const Outcome& outcome : made_.outcomes) {
            EXPECT_EQ(outcome.fate, Fate::transmit) << describe(outcome.reason).name;
            EXPECT_EQ(outcome.port, port);
            made.push_back(outcome.frame);
        }
        return made;
    }
    // What a general node gets.
    [[nodiscard]] static std::vector<Bytes> inner(const std::vector<Bytes>& frames) {
        std::vector<Bytes> packets;
        packets.reserve(frames.size());
        for (const Bytes& frame : frames) {
            packets.push_back(inner_of(frame));
        }
        return packets;
    }
    // What the node gets.
    [[nodiscard]] std::vector<Bytes> all_opened(const std::vector<Bytes>& frames) {
        std::vector<Bytes> packets;
        packets.reserve(frames.size());
        for (const Bytes& frame : frames) {
            packets.push_back(opened(frame).value_or(Bytes{}));
        }
        return packets;
    }
    [[nodiscard]] Ends opened_flow() { return open(Kind::udp, GetParam()); }
    [[nodiscard]] static Bytes answer(const Ends& flow, std::size_t payload) {
        return packet_of(Kind::udp, reversed(flow.outside), text(payload));
    }
    // Of IPv4 its own.
    [[nodiscard]] static std::uint32_t identification(const Bytes& fragment) {
        return is_ipv4() ? load<Be16>(fragment.data() + 4).to_host()
                         : load<Be32>(fragment.data() + 44).to_host();
    }
    // By what has to be there before its source and identification are set anew.
    static void expect_outside(const Bytes& got, Bytes wanted, std::uint32_t id) {
        EXPECT_EQ(got, one_hop_less(whole_of(std::move(wanted), id)));
    }
};

INSTANTIATE_TEST_SUITE_P(Families, RsNFragments, ::testing::Values(Family::ipv4, Family::ipv6));

TEST_P(RsNFragments, of_a_node_leave_as_one_packet_in_fragments) {
    const std::size_t payload = 3000;
    std::vector<Bytes> fragments = fragments_of(sent(payload), 1200);
    ASSERT_EQ(fragments.size(), 3U);
    std::swap(fragments[0], fragments[2]);
    const std::vector<Bytes> got = inner(pass(from_node(fragments), 1));
    ASSERT_EQ(got.size(), 3U);
    Ends flow = ends_of(GetParam());
    flow.outside.source_port = load<Be16>(got[0].data() + (is_ipv4() ? 20 : 48)).to_host();
    const Bytes wanted = packet_of(Kind::udp, flow.outside, text(payload));
    expect_outside(joined(got), wanted, identification(got[0]));
    EXPECT_EQ(got[0].size(), fragment_length(1200)) << "no longer than they came";
    EXPECT_EQ(dropped(DropReason::fragment_joined), 3U);
    EXPECT_EQ(worker_counters_.made.value(), 3U);
    EXPECT_EQ(worker_counters_.held.value(), 0U);
    EXPECT_EQ(counted(), 1U);
}

TEST_P(RsNFragments, of_a_packet_that_has_no_way_count_for_no_path) {
    settings_.next_hops[1].is_usable = false;
    for (const Outcome& outcome : receive_all(from_node(fragments_of(sent(3000), 1200)))) {
        EXPECT_EQ(outcome.fate, Fate::held);
    }
    EXPECT_EQ(dropped(DropReason::next_hop_unresolved), 3U);
    EXPECT_EQ(counted(), 0U);
}

TEST_P(RsNFragments, of_a_general_node_reach_the_node_by_fragments_that_fit_its_tunnel) {
    const Ends flow = opened_flow();
    const Bytes sent = answer(flow, 3000);
    const std::vector<Bytes> got = all_opened(pass(from_gn(fragments_of(sent, 1448)), 0));
    ASSERT_EQ(got.size(), 3U);
    for (const Bytes& each : got) {
        EXPECT_LE(each.size(), 1440U);
    }
    const Bytes wanted = packet_of(Kind::udp, reversed(flow.inside), text(3000));
    EXPECT_EQ(joined(got), one_hop_less(whole_of(wanted)));
    EXPECT_EQ(identification(got[0]), some_identification);
}

TEST_P(RsNFragments, of_two_to_four_pass_in_every_order_both_ways) {
    const Ends flow = opened_flow();
    for (std::size_t count = 2; count <= 4; ++count) {
        const std::size_t payload = 500 * count;
        const std::vector<Bytes> out = fragments_of(sent(payload), 504);
        const std::vector<Bytes> in = fragments_of(answer(flow, payload), 504);
        const Bytes wanted_outside = packet_of(Kind::udp, flow.outside, text(payload));
        const Bytes wanted = packet_of(Kind::udp, reversed(flow.inside), text(payload));
        ASSERT_EQ(out.size(), count);
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        do {
            const std::vector<Bytes> left = inner(pass(from_node(in_order(out, order)), 1));
            ASSERT_EQ(left.size(), count);
            expect_outside(joined(left), wanted_outside, identification(left[0]));
            const std::vector<Bytes> got = all_opened(pass(from_gn(in_order(in, order)), 0));
            ASSERT_EQ(got.size(), count);
            EXPECT_EQ(joined(got), one_hop_less(whole_of(wanted)));
        } while (std::next_permutation(order.begin(), order.end()));
    }
}

TEST_P(RsNFragments, wait_for_each_other_over_many_rounds) {
    const std::vector<Bytes> frames = from_node(fragments_of(sent(3000), 1200));
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(pass({frames[i]}, 1).empty());
        EXPECT_EQ(worker_counters_.held.value(), i + 1);
        expect_balance();
    }
    EXPECT_EQ(pass({frames[2]}, 1).size(), 3U);
}

TEST_P(RsNFragments, are_given_up_in_time) {
    EXPECT_TRUE(pass(from_node({fragments_of(sent(3000), 1200)[0]}), 1).empty());
    now_ = now_ + std::chrono::seconds{60};
    rs_n_->tend(now_);
    EXPECT_EQ(worker_counters_.held.value(), 0U);
    EXPECT_EQ(dropped(DropReason::fragment_timeout), 1U);
}

TEST_P(RsNFragments, of_a_packet_that_may_not_go_on_are_dropped_with_it) {
    PacketEnds ends = ends_of(GetParam()).inside;
    ends.source = napt::address(is_ipv4() ? "198.18.0.9" : "fd00:a::9");
    const Bytes packet = packet_of(Kind::udp, ends, text(2000));
    EXPECT_TRUE(pass(from_node(fragments_of(packet, 1200)), 1).empty());
    EXPECT_EQ(dropped(DropReason::inner_source), 1U);
    EXPECT_EQ(worker_counters_.made.value(), 1U) << "it was made of them";
}

TEST_P(RsNFragments, their_sender_is_told_of_what_is_wrong_with_the_packet) {
    const Bytes last_hop = with_hop_limit(sent(2000), 1);
    const std::vector<Bytes> told = all_opened(pass(from_node(fragments_of(last_hop, 1200)), 0));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].at(is_ipv4() ? 20 : 40), is_ipv4() ? 11 : 3);
    EXPECT_EQ(told[0].size(), is_ipv4() ? 576U : 1280U);

    const Ends flow = opened_flow();
    const Bytes too_far = with_hop_limit(answer(flow, 2000), 1);
    const std::vector<Bytes> errors = inner(pass(from_gn(fragments_of(too_far, 1200)), 1));
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].at(is_ipv4() ? 20 : 40), is_ipv4() ? 11 : 3);
}

TEST_P(RsNFragments, congestion_that_one_met_under_way_is_told) {
    const auto frame = [this](const Bytes& fragment, std::uint8_t outer) {
        return datagram_from_node(node_sealer_->seal(fragment).value(), outer);
    };
    Bytes packet = sent(2000);
    packet[1] = static_cast<std::uint8_t>(packet[1] & (is_ipv4() ? 0xfc : 0xcf));
    const std::vector<Bytes> fragments = fragments_of(packet, 1200);
    EXPECT_EQ(receive(frame(fragments[0], 3)).reason, DropReason::congestion_untold);
    EXPECT_TRUE(pass({frame(fragments[0], 0)}, 1).empty());
    EXPECT_EQ(pass({frame(fragments[1], 0)}, 1).size(), 2U);
}

TEST_P(RsNFragments, without_buffers_nothing_is_made) {
    made_.buffers = 1;
    EXPECT_EQ(pass(from_node(fragments_of(sent(3000), 1200)), 1).size(), 1U);
    EXPECT_EQ(dropped(DropReason::no_buffer), 1U);
}

TEST_P(RsNFragments, a_flood_of_them_harms_no_whole_packet) {
    const Ends flow = opened_flow();
    const Bytes whole = from_general_node(answer(flow, 100));
    for (std::uint32_t id = 0; id < 3000; ++id) {
        const Bytes first = fragment_of(answer(flow, 100), {0, 80, true}, id);
        const std::vector<Outcome> got = receive_all({from_general_node(first), whole});
        ASSERT_EQ(got[1].fate, Fate::transmit);
    }
    EXPECT_LE(worker_counters_.held.value(), Reassembly::Plan{}.fragments);
}

// A node may have very many paths.
TEST_P(RsNFragments, of_all_paths_of_a_node_count_as_one_sources) {
    tables::RelayPath second = path_;
    second.id = PathId{0x2222};
    second.end->keys = make_end_keys(secret_, second.id);
    ASSERT_TRUE(writer_->insert(second));
    protocol::DataSealer by_second{secret_, crypto::Suite::aes_128_gcm, second.id, Role::initiator};
    for (std::uint32_t id = 0; id < 200; ++id) {
        const Bytes first = fragment_of(sent(100), {0, 80, true}, id);
        const Bytes sealed = (id % 2 == 0 ? *node_sealer_ : by_second).seal(first).value();
        EXPECT_TRUE(pass({datagram_from_node(sealed)}, 1).empty());
    }
    EXPECT_EQ(worker_counters_.held.value(), Reassembly::Plan{}.of_a_source);
}

// RFC 6946, and how a packet is left that needs none.
TEST_P(RsNFragments, a_packet_that_fits_goes_on_whole) {
    const Ends flow = opened_flow();
    const std::vector<Bytes> got = all_opened(pass(from_gn(fragments_of(answer(flow, 40), 24)), 0));
    EXPECT_EQ(got.size(), 2U) << "what came in fragments of that length";
    if (!is_ipv4()) {
        const auto atomic = pass(from_gn(fragments_of(answer(flow, 40), 1200)), 0);
        EXPECT_EQ(
            all_opened(atomic).at(0),
            one_hop_less(packet_of(Kind::udp, reversed(flow.inside), text(40)))
        );
    }
}

TEST_P(RsNFragments, an_error_that_quotes_the_first_one_is_for_the_node) {
    const std::vector<Bytes> left = inner(pass(from_node(fragments_of(sent(2000), 1200)), 1));
    const Bytes quote{left[0].begin(), left[0].begin() + 200};
    const IpAddress router = napt::address(is_ipv4() ? "203.0.113.80" : "2001:db8:b::80");
    const Bytes error = napt::error_packet(router, public_.of(GetParam()), quote);
    const Outcome in = receive(from_general_node(error));
    ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
    const auto got = opened(in.frame);
    ASSERT_TRUE(got);
    const std::size_t upper = is_ipv4() ? 20 + 8 + 20 : 40 + 8 + 48;
    EXPECT_EQ(load<Be16>(got->data() + upper).to_host(), inside_port);

    const Bytes later{left[1].begin(), left[1].begin() + 200};
    const Bytes of_no_use = napt::error_packet(router, public_.of(GetParam()), later);
    const Outcome lost = receive(from_general_node(of_no_use));
    EXPECT_NE(lost.fate, Fate::transmit);
}

// Those to the relay itself: the kernel gets what it got before, and of UDP nothing.
TEST_P(RsNFragments, that_are_for_the_kernel_go_there_as_they_came) {
    const IpAddress& gn = is_ipv4() ? gn4 : gn6;
    const PacketEnds ping{gn, 7, public_.of(GetParam()), 0};
    const Bytes packet = packet_of(Kind::echo_request, ping, text(3000));
    std::vector<Bytes> fragments = fragments_of(packet, 1200);
    static_cast<void>(receive_all(from_gn(fragments)));
    ASSERT_EQ(made_.outcomes.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(made_.outcomes[i].fate, Fate::punt);
        EXPECT_EQ(made_.outcomes[i].punt_class, static_cast<std::uint8_t>(PuntClass::host));
        EXPECT_EQ(made_.outcomes[i].frame, from_general_node(fragments[i]));
    }
    made_.outcomes.clear();
    const PacketEnds pinged{gn, 0, public_.of(GetParam()), last_public_port};
    const Bytes reply = packet_of(Kind::echo_reply, pinged, text(3000));
    static_cast<void>(receive_all(from_gn(fragments_of(reply, 1200))));
    ASSERT_EQ(made_.outcomes.size(), 3U) << "that no subscriber asked for";
    EXPECT_EQ(made_.outcomes[0].fate, Fate::punt);
    made_.outcomes.clear();
    const PacketEnds ntm{gn, 7, public_.of(GetParam()), 9770};
    const Bytes datagram = packet_of(Kind::udp, ntm, text(3000));
    static_cast<void>(receive_all(from_gn(fragments_of(datagram, 1200))));
    EXPECT_TRUE(made_.outcomes.empty());
    EXPECT_EQ(dropped(DropReason::fragment), 1U);
}

// Of two workers, to the one by their hash; and then to the one who has the port, which is the first.
TEST_P(RsNFragments, come_to_the_worker_whose_packet_it_is) {
    make_pipeline({1, 2});
    PacketEnds to_other = reversed(ends_of(GetParam(), public_).outside);
    to_other.destination_port = 20255;
    const Bytes packet = packet_of(Kind::udp, to_other, text(3000));
    std::size_t gathered = 0;
    for (std::uint32_t id = 1; id <= 32; ++id) {
        const std::vector<Bytes> frames = from_gn(fragments_of(packet, 1200, id));
        made_.outcomes.clear();
        const std::vector<Outcome> got = receive_all(frames);
        if (got[0].fate == Fate::hand_over) {
            for (std::size_t i = 0; i < 3; ++i) {
                EXPECT_EQ(got[i].worker, 0U);
                EXPECT_EQ(got[i].frame, frames[i]);
            }
            continue;
        }
        ++gathered;
        ASSERT_EQ(made_.outcomes.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(got[i].fate, Fate::held);
            EXPECT_EQ(made_.outcomes[i].fate, Fate::hand_over);
            EXPECT_EQ(made_.outcomes[i].worker, 0U);
            EXPECT_EQ(made_.outcomes[i].receive_marks, ReceiveMarks::for_this_worker);
            EXPECT_EQ(made_.outcomes[i].frame, frames[i]);
        }
    }
    EXPECT_GT(gathered, 4U);
    EXPECT_LT(gathered, 28U);
}

}  // namespace
}  // namespace ntm::relay::testing
