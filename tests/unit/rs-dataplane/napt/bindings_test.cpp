// SPDX-License-Identifier: BSD-3-Clause
// What the RFCs ask of mappings and filters. U-1, U-2, U-3, U-8, U-9, U-12, T-1, T-2a, T-3, T-7, T-8, I-1,
// I-6, I-13, V-11, C-2, C-3.
#include "tests/unit/rs-dataplane/napt/bindings_fixture.hpp"

#include <map>
#include <set>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

// U-1, T-1, I-1.
TEST_F(BindingsTest, one_inside_port_is_one_public_port_to_everybody_by_every_path) {
    for (const Inside& inside : {udp, tcp, echo}) {
        const PublicPort port = open(inside, gn);
        EXPECT_EQ(open(inside, gn_other_port), port);
        EXPECT_EQ(open(inside, other_gn, {PathId{13}}), port);
        EXPECT_EQ(open(inside, other_gn, exit_path), port);
    }
    EXPECT_EQ(usage().mappings, 3U);
}

// U-2, C-2, C-3.
TEST_F(BindingsTest, all_of_a_subscriber_is_behind_one_address_and_subscribers_are_behind_all) {
    std::map<PublicAddress, int> subscribers;
    for (int i = 0; i < 24; ++i) {
        const Position subscriber = world.add();
        std::set<PublicAddress> addresses;
        for (const Protocol protocol : {Protocol::udp, Protocol::tcp, Protocol::icmp}) {
            for (std::uint16_t port = 1; port <= 50; ++port) {
                addresses.insert(open({subscriber, port, protocol}, gn).address);
            }
        }
        ASSERT_EQ(addresses.size(), 1U);
        ++subscribers[*addresses.begin()];
    }
    EXPECT_EQ(subscribers.size(), 4U);
}

// U-3, T-7.
TEST_F(BindingsTest, no_public_port_is_two_insides) {
    for (const Protocol protocol : {Protocol::udp, Protocol::tcp, Protocol::icmp}) {
        std::set<std::pair<PublicAddress, std::uint16_t>> ports;
        for (Position subscriber = 0; subscriber < 20; ++subscriber) {
            const Position its = subscriber == 0 ? mn : world.add();
            for (std::uint16_t port = 1; port <= 60; ++port) {
                const PublicPort got = open({its, port, protocol}, gn);
                EXPECT_TRUE(ports.emplace(got.address, got.port).second);
            }
        }
        world.pass(seconds{7442});
    }
    EXPECT_EQ(usage().mappings, 0U);
}

TEST_F(BindingsTest, families_have_ports_of_their_own) {
    Inside udp6 = udp;
    udp6.family = Family::ipv6;
    const PublicPort port = open(udp, gn);
    const PublicPort port6 = open(udp6, gn);
    EXPECT_EQ(usage().mappings, 2U);
    EXPECT_TRUE(world.reaches(port, udp, gn));
    EXPECT_TRUE(world.reaches(port6, udp6, gn));
    EXPECT_EQ(usage().blocks, 2U);
}

struct FilterCase {
    const char* what;
    Path path;
    Filter filter;
    bool same_port, same_address, other_address;  // who gets in
};

// U-8, T-3.
TEST(BindingsFilter, lets_in_whom_the_path_and_the_settings_say) {
    const FilterCase cases[] = {
        {"to one GN", path_to_gn, Filter::address_dependent, true, true, false},
        {"to one GN", path_to_gn, Filter::address_and_port_dependent, true, false, false},
        {"to one GN", path_to_gn, Filter::endpoint_independent, true, true, true},
        {"exit", exit_path, Filter::address_dependent, true, true, false},
        {"exit", exit_path, Filter::address_and_port_dependent, true, false, false},
        {"exit", exit_path, Filter::endpoint_independent, true, true, true},
    };
    for (const FilterCase& one : cases) {
        Bindings::Plan plan = small_plan();
        (one.path.is_exit ? plan.exit_path_filters : plan.path_filters).fill(one.filter);
        World world{plan};
        for (const Protocol protocol : {Protocol::udp, Protocol::tcp}) {
            SCOPED_TRACE(one.what);
            SCOPED_TRACE(static_cast<int>(one.filter));
            const bool is_tcp = protocol == Protocol::tcp;
            const Inside inside{world.add(), 5000, protocol};
            const TcpSegment begins = is_tcp ? syn : no_segment;
            const auto port = world.send(inside, gn, one.path, begins).value();
            const DropReason refused =
                is_tcp ? DropReason::napt_syn_filtered : DropReason::napt_filtered;
            const auto expect = [&](const Remote& from, bool is_let_in) {
                const auto got = world.receive(port, inside, from, begins);
                EXPECT_EQ(got.has_value(), is_let_in) << from.port;
                if (is_let_in) {
                    EXPECT_EQ(*got, (InsideEndpoint{inside.subscriber, 5000, one.path.id}));
                } else {
                    EXPECT_EQ(got.error(), refused);
                }
            };
            expect(gn, one.same_port);
            expect(gn_other_port, one.same_address);
            expect(other_gn, one.other_address);
        }
    }
}

TEST_F(BindingsTest, by_default_a_path_to_one_gn_lets_in_that_one_and_an_exit_path_everybody) {
    const PublicPort port = open(udp, gn);
    EXPECT_TRUE(world.reaches(port, udp, gn_other_port));
    EXPECT_FALSE(world.reaches(port, udp, other_gn));
    open(udp, {other_address, 1}, exit_path);
    EXPECT_EQ(world.receive(port, udp, {{{192, 0, 2, 1}}, 9})->path, exit_path.id);
    EXPECT_EQ(world.receive(port, udp, gn)->path, path_to_gn.id);
    EXPECT_EQ(world.receive(port, udp, gn_other_port)->path, path_to_gn.id);
}

TEST_F(BindingsTest, an_exit_path_is_open_for_as_long_as_a_session_of_it_lives) {
    const PublicPort port = open(udp, gn, exit_path);
    world.pass(seconds{200});
    open(udp, gn_other_port);
    EXPECT_TRUE(world.reaches(port, udp, other_gn));
    world.pass(seconds{101});
    EXPECT_EQ(usage().sessions, 1U);
    EXPECT_FALSE(world.reaches(port, udp, other_gn));
    EXPECT_TRUE(world.reaches(port, udp, gn)) << "the address is still admitted";
}

TEST_F(BindingsTest, echo_answers_come_from_who_was_asked) {
    const PublicPort port = open(echo, {gn_address, 0}, exit_path);
    EXPECT_TRUE(world.reaches(port, echo, {gn_address, 0}));
    EXPECT_EQ(world.receive(port, echo, {other_address, 0}).error(), DropReason::napt_filtered);
}

TEST_F(BindingsTest, what_comes_in_goes_by_the_path_that_the_subscriber_last_sent_by) {
    const PublicPort port = open(udp, gn);
    open(udp, gn, {PathId{99}});
    EXPECT_EQ(world.receive(port, udp, gn)->path, PathId{99});
    EXPECT_EQ(world.receive(port, udp, gn_other_port)->path, PathId{99});
    open(udp, gn, exit_path);
    EXPECT_EQ(world.receive(port, udp, other_gn)->path, exit_path.id);
    open(udp, gn);
    EXPECT_EQ(world.receive(port, udp, other_gn).error(), DropReason::napt_filtered);
    EXPECT_EQ(usage().sessions, 1U);
}

// U-8. Its sessions keep a path that is gone.
TEST_F(BindingsTest, strangers_come_in_by_the_path_that_the_subscriber_took_last) {
    constexpr Path newer{PathId{21}};
    constexpr Path newest{PathId{22}};
    const Remote stranger{gn_address, 9};
    const PublicPort port = open(udp, gn);
    open(udp, gn_other_port, newer);
    EXPECT_EQ(world.receive(port, udp, stranger)->path, newer.id);
    for (std::uint16_t other = 100; other < 110; ++other) {
        open({mn, other, Protocol::udp}, gn, newer);
    }
    EXPECT_EQ(world.receive(port, udp, stranger)->path, newer.id) << "not a new one any more";
    open(udp, gn, newest);
    EXPECT_EQ(world.receive(port, udp, stranger)->path, newest.id);
    for (int i = 0; i < 2; ++i) {
        world.pass(seconds{200});
        open(udp, gn_other_port, newer);
    }
    EXPECT_EQ(usage().sessions, 1U);
    EXPECT_EQ(world.receive(port, udp, stranger)->path, newer.id) << "the other one is over";
}

TEST_F(BindingsTest, strangers_come_in_by_the_exit_path_that_the_subscriber_took_last) {
    constexpr Path newer{PathId{22}, true};
    const PublicPort port = open(udp, gn, exit_path);
    open(udp, other_gn, newer);
    EXPECT_EQ(world.receive(port, udp, {gn_address, 9})->path, newer.id);
}

TEST_F(BindingsTest, an_address_stays_admitted_while_one_of_its_sessions_lives) {
    const PublicPort port = open(udp, gn);
    for (std::uint16_t other = 1; other <= 3; ++other) {
        world.pass(seconds{50});
        open(udp, {gn_address, other});
        open(udp, {{{192, 0, 2, static_cast<std::uint8_t>(other)}}, 9});
    }
    const Remote asks{gn_address, 9};
    for (const std::uint32_t left : {6U, 4U, 2U, 0U}) {
        world.pass(seconds{left == 6 ? 151 : 50});
        EXPECT_EQ(usage().sessions, left);
        EXPECT_EQ(world.reaches(port, udp, asks), left > 0);
    }
}

// Whichever of them ends first, and where another address was spoken to last.
TEST_F(BindingsTest, an_address_stays_admitted_when_its_newest_session_ends) {
    const Remote older{gn_address, 1};
    const Remote elsewhere{{{192, 0, 2, 77}}, 9};
    const PublicPort port = open(udp, older);
    open(udp, {gn_address, 2});
    open(udp, elsewhere);
    world.pass(seconds{200});
    open(udp, older);
    open(udp, elsewhere);
    world.pass(seconds{101});
    EXPECT_EQ(usage().sessions, 2U);
    EXPECT_TRUE(world.reaches(port, udp, {gn_address, 9}));
}

TEST_F(BindingsTest, a_connection_from_outside_begins_with_the_answer_to_its_syn) {
    const PublicPort port = open(tcp, gn, exit_path);
    ASSERT_TRUE(world.reaches(port, tcp, other_gn, syn));
    EXPECT_EQ(world.receive(port, tcp, other_gn, data).error(), DropReason::napt_no_session);
    EXPECT_EQ(world.send(tcp, other_gn, exit_path, data).error(), DropReason::napt_no_session);
    EXPECT_EQ(world.send(tcp, other_gn, exit_path, syn_ack).value(), port);
    EXPECT_EQ(usage().sessions, 2U);
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, data));
    world.pass(seconds{239});
    ASSERT_TRUE(world.send(tcp, other_gn, exit_path, data)) << "half open so far";
    world.pass(seconds{7439});
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, data));
}

// V-2.
TEST_F(BindingsTest, a_reset_that_no_window_can_have_does_not_come_in) {
    const PublicPort port = open(tcp, gn);
    ASSERT_TRUE(world.reaches(port, tcp, gn, syn_ack));
    ASSERT_TRUE(world.send(tcp, gn, path_to_gn, data));
    const std::uint32_t expected = data.acknowledgement;
    ASSERT_TRUE(data.has_ack);
    const auto reset = [&](std::uint32_t sequence) {
        return world.receive(port, tcp, gn, {.sequence = sequence, .has_rst = true});
    };
    constexpr std::uint32_t longest_window = std::uint32_t{1} << 30;
    for (const std::uint32_t off :
         {expected - 1, expected + longest_window, expected + 0x80000000}) {
        EXPECT_EQ(reset(off).error(), DropReason::napt_reset_off_window) << off;
    }
    EXPECT_TRUE(reset(expected + longest_window - 1)) << "the node's to judge";
    EXPECT_TRUE(reset(expected));
}

TEST_F(BindingsTest, nobody_is_answered_whom_the_filter_keeps_out) {
    open(tcp, gn);
    EXPECT_EQ(world.send(tcp, other_gn, path_to_gn, syn_ack).error(), DropReason::napt_no_session);
    const TcpSegment rst{.has_rst = true};
    EXPECT_EQ(world.send(tcp, other_gn, path_to_gn, rst).error(), DropReason::napt_no_session);
    EXPECT_TRUE(world.send(tcp, gn_other_port, path_to_gn, rst));
    EXPECT_EQ(usage().sessions, 1U);
}

TEST_F(BindingsTest, only_a_syn_opens_a_mapping_of_tcp) {
    const TcpSegment rst{.has_rst = true};
    for (const TcpSegment& segment : {data, syn_ack, rst}) {
        EXPECT_EQ(world.send(tcp, gn, exit_path, segment).error(), DropReason::napt_no_session);
    }
    EXPECT_EQ(usage().mappings, 0U);
}

// T-2a.
TEST_F(BindingsTest, both_may_open_at_once) {
    const PublicPort port = open(tcp, gn);
    EXPECT_TRUE(world.reaches(port, tcp, gn, syn));
    EXPECT_TRUE(world.send(tcp, gn, path_to_gn, syn_ack));
    EXPECT_TRUE(world.reaches(port, tcp, gn, syn_ack));
    world.pass(seconds{7439});
    EXPECT_TRUE(world.send(tcp, gn, path_to_gn, data));
}

// U-9, T-8: what goes out to a public port of ours comes in again.
TEST_F(BindingsTest, two_subscribers_meet_at_their_public_ports) {
    const auto address = [](PublicPort port) {
        return Ipv4Address{{192, 0, 2, static_cast<std::uint8_t>(port.address)}};
    };
    const Inside callee{world.add(), 6000, Protocol::udp};
    const PublicPort its = open(callee, gn, exit_path);
    const PublicPort mine = open(udp, {address(its), its.port}, exit_path);
    EXPECT_TRUE(world.reaches(its, callee, {address(mine), mine.port}));
    EXPECT_EQ(open(callee, {address(mine), mine.port}, exit_path), its);
    EXPECT_TRUE(world.reaches(mine, udp, {address(its), its.port}));
}

// U-12, I-6, V-11: for what an error quotes, with no effect.
TEST_F(BindingsTest, finding_changes_nothing) {
    const PublicPort port = open(echo, {gn_address, 0});
    world.pass(seconds{30});
    const OutsideTuple out = World::outside_tuple(port, echo, {gn_address, 0});
    const InsideTuple in = World::inside_tuple(echo, {gn_address, 0});
    EXPECT_EQ(world.bindings().find(out), (InsideEndpoint{mn, 77, path_to_gn.id}));
    EXPECT_EQ(world.bindings().find(in), port);
    world.pass(seconds{31});
    EXPECT_FALSE(world.bindings().find(out));
    EXPECT_FALSE(world.bindings().find(in));
}

// I-13: no quote of what no session can have carried; one of what a filter let in.
TEST_F(BindingsTest, only_what_was_or_would_be_translated_is_found) {
    const PublicPort port = open(udp, gn);
    EXPECT_FALSE(world.bindings().find(World::outside_tuple(port, udp, gn_other_port)));
    EXPECT_FALSE(world.bindings().find(World::outside_tuple(port, tcp, gn)));
    EXPECT_EQ(world.bindings().find(World::inside_tuple(udp, gn_other_port)), port);
    EXPECT_FALSE(world.bindings().find(World::inside_tuple(udp, other_gn)));
    EXPECT_FALSE(world.bindings().find(World::inside_tuple(tcp, gn)));
    EXPECT_FALSE(world.bindings().find(World::inside_tuple({mn, 5001}, gn)));
}

}  // namespace
}  // namespace ntm::napt
