// SPDX-License-Identifier: BSD-3-Clause
// Setting a path up: how long it takes at the papers' round-trip times, that the first packet is
// not lost, that it works between all places, and that a run can be repeated.
#include "tests/simulation/world/checks.hpp"
#include "tests/simulation/world/seeds.hpp"

#include <cstdio>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct SetupFigures {
    Duration answer{0};        // from the DNS query
    Duration first_packet{0};  // likewise, at CN; sent as soon as the name was answered
    Duration round_trip{0};    // of the first packet and its echo
};

// mn asks for cn and at once sends to what it is told.
SetupFigures set_up(World& world) {
    SetupFigures figures;
    const SimNode::Query& query = world.resolve(world.mn, world.cn, seconds{5});
    if (!query.answered || !query.answer.vipv4) {
        ADD_FAILURE() << "the name was not answered with an address";
        return figures;
    }
    figures.answer = *query.answered - query.asked;
    const auto number = world.mn.send(world.cn, *query.answer.vipv4);
    if (!number || !world.run_until(
                       [&] { return world.ledger.entry(*number).echoed.has_value(); }, seconds{1}
                   )) {
        ADD_FAILURE() << "the first packet or its echo was lost";
        return figures;
    }
    figures.first_packet = *world.ledger.entry(*number).delivered - query.asked;
    figures.round_trip = *world.ledger.entry(*number).echoed - world.ledger.entry(*number).sent;
    return figures;
}

void print(const char* name, const SetupFigures& figures) {
    std::printf(
        "%-28s %9.1f ms %12.1f ms %10.1f ms\n",
        name,
        in_ms(figures.answer),
        in_ms(figures.first_packet),
        in_ms(figures.round_trip)
    );
}

TEST(SetupTest, a_path_stands_in_three_round_trips_and_its_first_packet_arrives) {
    World warm{{}};
    warm.start_all();
    const SetupFigures with_token = set_up(warm);
    expect_sound(warm);

    World cold{{}};
    cold.attach_all({cold.nat_a, cold.nat_b});
    cold.dc.start();
    cold.relay.start();
    cold.cn.start();
    cold.run(seconds{3});
    cold.mn.start();
    const SetupFigures from_start = set_up(cold);
    expect_sound(cold);

    std::printf("set-up by RS-S, from the query   DNS answer   packet at CN     ping RTT\n");
    print("warm (token in stock)", with_token);
    print("cold (node just started)", from_start);
    EXPECT_LE(with_token.answer, milliseconds{90});
    EXPECT_LE(with_token.first_packet, milliseconds{130});
    EXPECT_LE(with_token.round_trip, milliseconds{80});
    EXPECT_LE(from_start.first_packet, milliseconds{300});
}

TEST(SetupTest, a_packet_without_a_query_waits_for_its_path) {
    World world{{}};
    world.start_all();
    const auto vip = world.cn.vip(Family::ipv6);
    ASSERT_TRUE(vip);
    const auto number = world.mn.send(world.cn, *vip);
    ASSERT_TRUE(number);
    EXPECT_TRUE(world.run_until(
        [&] { return world.ledger.entry(*number).echoed.has_value(); }, milliseconds{250}
    ));
    expect_sound(world);
}

TEST(SetupTest, paths_stand_between_all_places) {
    for (std::size_t from = 0; from < 5; ++from) {
        for (std::size_t to = 0; to < 5; ++to) {
            World world{{.seed = 1 + from * 5 + to}};
            SCOPED_TRACE("from place " + std::to_string(from) + " to " + std::to_string(to));
            world.start_all({from, to});
            const SetupFigures figures = set_up(world);
            EXPECT_LE(figures.first_packet, milliseconds{400});
            EXPECT_TRUE(world.ping(world.cn, world.mn, seconds{1}));
            expect_sound(world);
        }
    }
}

// F-4.
TEST(SetupTest, both_ends_may_call_each_other_at_once) {
    World world{{}};
    world.start_all();
    const std::uint64_t there = world.mn.ask(World::cn_name);
    const std::uint64_t back = world.cn.ask(World::mn_name);
    EXPECT_TRUE(world.run_until(
        [&] { return world.mn.query(there).answered && world.cn.query(back).answered; },
        milliseconds{200}
    ));
    EXPECT_TRUE(world.ping(world.mn, world.cn, milliseconds{200}));
    EXPECT_TRUE(world.ping(world.cn, world.mn, milliseconds{200}));
    EXPECT_EQ(world.dc.path_count(), 1U);
    expect_sound(world);
}

TEST(SetupTest, an_unknown_name_is_denied) {
    World world{{}};
    world.start_all();
    const std::uint64_t query = world.mn.ask("nobody.a.ntm.test");
    world.run(seconds{1});
    ASSERT_TRUE(world.mn.query(query).answered);
    EXPECT_EQ(world.mn.query(query).answer.outcome, client::DnsOutcome::no_such_name);
}

std::uint64_t trace_of(std::uint64_t seed) {
    World world{{.seed = seed}};
    world.network.set_weather(
        {.loss_permille = 50, .duplicate_permille = 50, .jitter = milliseconds{10}}
    );
    world.start_all();
    static_cast<void>(world.resolve(world.mn, world.cn, seconds{5}));
    world.stream(world.mn, world.cn, 100, milliseconds{5});
    world.run(seconds{1});
    EXPECT_GT(world.trace.packets(), 200U);
    return world.trace.hash();
}

TEST(SetupTest, one_seed_gives_one_run) {
    EXPECT_EQ(trace_of(7), trace_of(7));
    EXPECT_NE(trace_of(7), trace_of(8));
}

}  // namespace
}  // namespace ntm::simulation
