// SPDX-License-Identifier: BSD-3-Clause
// Loss, duplication, reordering and replays: set-up succeeds whatever the network does, and nothing
// that an attacker sends again moves a path.
#include "tests/simulation/world/checks.hpp"
#include "tests/simulation/world/replayer.hpp"
#include "tests/simulation/world/seeds.hpp"

#include <cstdio>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Sky {
    const char* name;
    Weather weather;
    std::uint64_t runs;
};

const std::array skies{
    Sky{"loss 1 %", {.loss_permille = 10}, 60},
    Sky{"loss 5 %", {.loss_permille = 50}, 60},
    Sky{"loss 20 %", {.loss_permille = 200}, 120},
    Sky{"every packet twice", {.duplicate_permille = 1000}, 40},
    Sky{"reordered within 60 ms", {.jitter = milliseconds{60}}, 60},
    Sky{"loss 10 %, thrice, reordered",
        {.loss_permille = 100, .duplicate_permille = 300, .copies = 2, .jitter = milliseconds{40}},
        60},
};

// From a node's start to its first echo under this sky. Everything happens under it.
Duration set_up_under(const Sky& sky, std::uint64_t seed) {
    World world{{.seed = seed}};
    world.network.set_weather(sky.weather);
    world.attach_all({world.nat_a, world.nat_b});
    world.dc.start();
    world.relay.start();
    world.cn.start();
    world.mn.start();
    EXPECT_TRUE(world.run_until(
        [&] { return world.mn.is_registered() && world.cn.is_registered(); }, seconds{10}
    )) << "not registered";
    const Instant from = world.events.now();
    const SimNode::Query& query = world.resolve(world.mn, world.cn, seconds{5});
    EXPECT_TRUE(query.answered && query.answer.vipv4) << "the name was not answered";
    const Duration answered = world.events.now() - from;
    const auto numbers = world.stream(world.mn, world.cn, 50, milliseconds{20});
    EXPECT_TRUE(world.run_until(
        [&] {
            return std::ranges::any_of(*numbers, [&](std::uint64_t number) {
                return world.ledger.entry(number).echoed.has_value();
            });
        },
        seconds{2}
    )) << "no echo";
    world.run(seconds{2});
    expect_sound(world);
    return answered;
}

// F-1, F-2, F-3.
TEST(WeatherTest, set_up_always_succeeds) {
    std::printf("DNS query to answer                    runs    median      worst\n");
    for (const Sky& sky : skies) {
        std::vector<Duration> times;
        for (const std::uint64_t seed : seeds(sky.runs)) {
            SCOPED_TRACE(sky.name);
            SCOPED_TRACE(replay_hint(seed));
            times.push_back(set_up_under(sky, seed));
        }
        std::ranges::sort(times);
        std::printf(
            "  %-32s %6zu %8.1f ms %7.1f ms\n",
            sky.name,
            times.size(),
            in_ms(times[times.size() / 2]),
            in_ms(times.back())
        );
    }
}

// Where the relay's legs are bound, in the order of the roles.
std::vector<std::optional<Endpoint>> bindings(const World& world) {
    std::vector<std::optional<Endpoint>> all;
    for (const auto& [id, path] : world.relay.director().paths().all()) {
        for (const control::Leg& leg : path.legs) {
            all.push_back(leg.binding ? std::optional{leg.binding->outer.remote} : std::nullopt);
        }
    }
    return all;
}

// S-4.
TEST(WeatherTest, replays_and_forgeries_move_nothing) {
    for (const std::uint64_t seed : seeds(30)) {
        SCOPED_TRACE(replay_hint(seed));
        World world{{.seed = seed}};
        Replayer attacker{world};
        SeededRandom random{seed + 1000};
        world.start_all();
        static_cast<void>(world.resolve(world.mn, world.cn, seconds{5}));
        world.stream(world.mn, world.cn, 20, milliseconds{20});
        world.run(seconds{1});
        // The node moves once, so that requests with tokens are among what was seen.
        world.leave(world.mn, world.nat_a);
        world.join(world.mn, world.nat_c);
        world.run(seconds{3});
        const auto bound = bindings(world);
        const std::uint64_t moved = world.relay.director().counters().moved;
        const auto pings = world.stream(world.mn, world.cn, 100, milliseconds{50});
        for (int i = 0; i < 20; ++i) {
            attacker.replay(40, i % 2 == 0, random);
            attacker.forge(10, random);
            world.run(milliseconds{250});
        }
        world.run(seconds{1});
        EXPECT_GT(attacker.sent(), 900U);
        EXPECT_EQ(bindings(world), bound);
        EXPECT_EQ(world.relay.director().counters().moved, moved);
        EXPECT_EQ(count_lost(world, *pings, Instant{}, Instant::never()), 0U);
        expect_sound(world);
    }
}

// S-1: The relay's answers never outweigh what it was asked, whoever asks: bytes to the attacker.
TEST(WeatherTest, nobody_answers_a_stranger_with_more_than_he_sent) {
    World world{{}};
    Replayer attacker{world};
    SeededRandom random{99};
    world.start_all();
    static_cast<void>(world.resolve(world.mn, world.cn, seconds{5}));
    world.run(seconds{1});
    std::uint64_t to_stranger = 0;
    const IpAddress stranger = *IpAddress::parse("192.0.2.66");
    world.network.add_observer([&](const WirePacket& packet) {
        if (packet.datagram.remote.address == stranger) {
            to_stranger += packet.datagram.payload.size();
        }
    });
    for (int i = 0; i < 100; ++i) {
        attacker.replay(20, true, random);
        world.run(milliseconds{100});
    }
    EXPECT_GT(attacker.spoofed_bytes(), 10'000U);
    EXPECT_GT(to_stranger, 0U) << "COOKIE asks are answered";
    EXPECT_LE(to_stranger, attacker.spoofed_bytes());
    expect_sound(world);
}

}  // namespace
}  // namespace ntm::simulation
