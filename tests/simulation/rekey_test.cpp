// SPDX-License-Identifier: BSD-3-Clause
// The keys of a path change while packets run both ways: none is lost by that, none is sent twice
// under one key, whatever the network does meanwhile.
// S-11: keys end by time and by count.
// F-26, F-27.
#include "tests/simulation/world/checks.hpp"
#include "tests/simulation/world/seeds.hpp"

#include <cstdio>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Rekeying : World {
    Rekeying(const client::KeyPolicy& policy, const Places& places, std::uint64_t seed = 1)
        : World{{.seed = seed, .key_policy = policy}} {
        start_all(places);
        mn.set_echoing(false);
        cn.set_echoing(false);
        static_cast<void>(resolve(mn, cn, seconds{5}));
    }
    [[nodiscard]] client::PathView path_of(const SimNode& node) const {
        return node.manager().paths(events.now()).at(0);
    }
    // Both ends are in one epoch, and have heard each other in it.
    [[nodiscard]] bool agree() const {
        const client::PathView at_mn = path_of(mn);
        const client::PathView at_cn = path_of(cn);
        return at_mn.epoch == at_cn.epoch && at_mn.is_exchanged && at_cn.is_exchanged;
    }
    [[nodiscard]] bool agree_within(Duration limit) {
        return run_until([this] { return agree(); }, limit);
    }
    // DATA that came to a node and opened under none of its keys.
    [[nodiscard]] std::uint64_t unopened() const {
        return mn.manager().counters().bad_tag + cn.manager().counters().bad_tag;
    }
};

// 10,000 packets each way, of which not one is lost, over `epochs` of their path.
void expect_nothing_lost(Rekeying& world, client::RouteKind kind, std::uint32_t epochs) {
    const auto up = world.stream(world.mn, world.cn, 10000, milliseconds{1});
    const auto down = world.stream(world.cn, world.mn, 10000, milliseconds{1});
    world.run(seconds{12});
    EXPECT_EQ(world.path_of(world.mn).kind, kind);
    EXPECT_GE(world.path_of(world.mn).epoch, epochs);
    EXPECT_TRUE(world.agree_within(seconds{1}));
    EXPECT_EQ(world.secrets.used(), world.path_of(world.mn).epoch + 1);
    EXPECT_EQ(count_lost(world, *up, {}, Instant::never()), 0U);
    EXPECT_EQ(count_lost(world, *down, {}, Instant::never()), 0U);
    EXPECT_EQ(world.unopened(), 0U);
    expect_sound(world);
}

TEST(RekeyTest, happens_by_itself_as_soon_as_a_path_stands) {
    Rekeying world{{}, {2, 3}};
    world.run(seconds{1});
    EXPECT_EQ(world.path_of(world.mn).epoch, 1U);
    EXPECT_TRUE(world.agree());
    world.cn.set_echoing(true);
    EXPECT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
    expect_sound(world);
}

TEST(RekeyTest, by_time_loses_nothing_on_a_relayed_path) {
    Rekeying world{{.renew_after = seconds{2}}, {1, 2}};
    expect_nothing_lost(world, client::RouteKind::relayed, 5);
}

TEST(RekeyTest, by_count_loses_nothing_on_a_relayed_path) {
    Rekeying world{{.renew_packets = 1000}, {1, 2}};
    expect_nothing_lost(world, client::RouteKind::relayed, 9);
}

TEST(RekeyTest, loses_nothing_on_a_direct_path) {
    Rekeying world{{.renew_after = seconds{2}}, {1, 0}};
    expect_nothing_lost(world, client::RouteKind::direct, 5);
}

// Twice and out of order by more than a round trip, but everything comes.
TEST(RekeyTest, loses_nothing_where_packets_overtake_each_other) {
    for (const std::uint64_t seed : seeds(4)) {
        SCOPED_TRACE(replay_hint(seed));
        Rekeying world{{.renew_after = seconds{2}}, {1, 2}, seed};
        world.network.set_weather({.duplicate_permille = 200, .jitter = milliseconds{150}});
        expect_nothing_lost(world, client::RouteKind::relayed, 5);
    }
}

// What comes opens, so that nothing is lost but by the network; and the ends find together again.
TEST(RekeyTest, goes_on_under_loss_and_moves) {
    std::uint32_t epochs = 0;
    std::uint32_t runs = 0;
    for (const std::uint64_t seed : seeds(8)) {
        SCOPED_TRACE(replay_hint(seed));
        Rekeying world{{.renew_after = seconds{1}}, {1, 2}, seed};
        const Weather storm{
            .loss_permille = 200, .duplicate_permille = 100, .jitter = milliseconds{100}};
        world.network.set_weather(storm);
        world.stream(world.mn, world.cn, 6000, milliseconds{5});
        world.stream(world.cn, world.mn, 6000, milliseconds{5});
        SegmentNumber here = world.nat_a;
        for (const SegmentNumber next : {world.nat_c, world.v6only, world.nat_a}) {
            world.run(seconds{6});
            world.leave(world.mn, here);
            world.join(world.mn, next);
            here = next;
        }
        world.run(seconds{6});
        world.network.set_weather({});
        world.run(seconds{8});
        EXPECT_EQ(world.unopened(), 0U);
        EXPECT_TRUE(world.agree_within(seconds{1}));
        EXPECT_TRUE(world.path_of(world.mn).is_ready);
        epochs += world.path_of(world.mn).epoch;
        ++runs;
        world.cn.set_echoing(true);
        EXPECT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
        expect_sound(world);
    }
    std::printf("rekeying under loss and moves: %u epochs in %u runs of 32 s\n", epochs, runs);
    EXPECT_GT(epochs, 10 * runs);
}

// The run of one end is over: both begin anew, with another path secret.
TEST(RekeyTest, begins_anew_when_an_end_has_restarted) {
    Rekeying world{{.renew_after = seconds{1}}, {1, 2}};
    world.run(seconds{5});
    EXPECT_GE(world.path_of(world.mn).epoch, 3U);
    world.cn.kill();
    world.run(seconds{1});
    world.cn.start();
    EXPECT_TRUE(world.run_until([&] { return world.cn.is_registered(); }, seconds{10}));
    world.run(milliseconds{500});
    EXPECT_TRUE(world.agree_within(seconds{1}));
    EXPECT_LE(world.path_of(world.mn).epoch, 2U);
    world.cn.set_echoing(true);
    EXPECT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
    expect_sound(world);
}

// 38 + 39 ms lie between the ends, so that the exchange takes some 150 ms.
TEST(RekeyTest, is_made_up_for_whenever_an_end_dies) {
    for (const bool is_mn : {false, true}) {
        for (Duration after{0}; after < milliseconds{200}; after += milliseconds{12}) {
            SCOPED_TRACE(in_ms(after));
            Rekeying world{{}, {1, 2}};
            world.run(after);
            SimNode& dying = is_mn ? world.mn : world.cn;
            dying.kill();
            dying.start();
            EXPECT_TRUE(world.run_until([&] { return dying.is_registered(); }, seconds{5}));
            world.run(seconds{1});
            EXPECT_EQ(world.path_of(world.mn).epoch, 1U);
            EXPECT_TRUE(world.agree());
            world.cn.set_echoing(true);
            EXPECT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
            expect_sound(world);
        }
    }
}

}  // namespace
}  // namespace ntm::simulation
