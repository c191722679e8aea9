// SPDX-License-Identifier: BSD-3-Clause
// F-31. Handover between any two networks, by a relay and directly: how soon each way goes on, counted
// from the moment at which the new address can be used, what is lost, and what overtakes.
#include "tests/simulation/world/handover.hpp"

#include <cstdio>
#include <string_view>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Figures {
    Duration uplink{0};          // until DATA of the mover's leaves from the new address
    Duration downlink{0};        // until DATA comes to it
    std::size_t lost = 0;        // of those sent from leaving on, or from joining on
    std::size_t lost_later = 0;  // of those sent when both ways went on again
    std::size_t overtaken = 0;
};

std::optional<Duration> first_after(
    const World& world, const std::vector<SimNode::Sighting>& sightings, Instant from
) {
    const Attachment& now_at = world.network.attachments(world.mn.host()).back();
    for (const SimNode::Sighting& sighting : sightings) {
        if (sighting.at >= from && has_address(now_at, sighting.local)) {
            return sighting.at - from;
        }
    }
    return std::nullopt;
}

Figures measure(HandoverWorld& world, const Streams& streams, Instant since, Instant usable) {
    expect_sound(world);
    world.expect_kind();
    const auto sent = first_after(world, world.mn.data_sent(), usable);
    const auto received = first_after(world, world.mn.data_received(), usable);
    if (!sent || !received) {
        ADD_FAILURE() << "nothing was sent from or came to the new address";
        return {};
    }
    Figures figures{*sent, *received};
    const Instant settled = usable + std::max(*sent, *received);
    const Instant end = world.events.now() - milliseconds{200};
    for (const auto& stream : {streams.up, streams.down}) {
        figures.lost += count_lost(world, *stream, since, end);
        figures.lost_later += count_lost(world, *stream, settled, end);
        figures.overtaken += count_overtaken(world, *stream);
    }
    return figures;
}

Figures break_before_make(Kind kind, const Move& move) {
    HandoverWorld world{kind, move.from};
    const Streams streams = world.streams(1100, milliseconds{1});
    world.run(milliseconds{300});
    const Instant left = world.events.now();
    world.leave(world.mn, world.*move.from.segment);
    world.run(milliseconds{200});
    const Instant usable = world.events.now();
    world.join(world.mn, world.*move.to.segment);
    world.run(milliseconds{900});
    return measure(world, streams, left, usable);
}

Figures make_before_break(Kind kind, const Move& move) {
    HandoverWorld world{kind, move.from};
    const Streams streams = world.streams(7000, microseconds{100});
    world.run(milliseconds{100});
    const Instant usable = world.events.now();
    world.join(world.mn, world.*move.to.segment);
    world.run(milliseconds{300});
    world.leave(world.mn, world.*move.from.segment);
    world.run(milliseconds{600});
    return measure(world, streams, usable, usable);
}

void print(const char* manner, Kind kind, const Move& move, const Figures& figures) {
    std::printf(
        "%s, %-7s %6s -> %-6s up %6.1f ms, down %6.1f ms, lost %3zu, later %zu, overtaken %zu\n",
        manner,
        text_of(kind),
        move.from.name,
        move.to.name,
        in_ms(figures.uplink),
        in_ms(figures.downlink),
        figures.lost,
        figures.lost_later,
        figures.overtaken
    );
}

class HandoverTest : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, HandoverTest, testing::Values(Kind::relayed, Kind::direct));

TEST_P(HandoverTest, goes_on_as_soon_as_the_new_address_stands) {
    const bool is_direct = GetParam() == Kind::direct;
    const Duration round_trip = is_direct ? HandoverWorld::to_cn : HandoverWorld::to_relay;
    for (const Move& move : all_moves()) {
        SCOPED_TRACE(move.text());
        const Figures figures = break_before_make(GetParam(), move);
        print("break before make", GetParam(), move, figures);
        if (is_direct) {
            EXPECT_LE(figures.uplink, 2 * round_trip + milliseconds{50});
            EXPECT_LE(figures.downlink, 2 * round_trip + milliseconds{50});
        } else {
            EXPECT_LE(figures.uplink, round_trip + milliseconds{20});
            EXPECT_LE(figures.downlink, 2 * round_trip + milliseconds{20});
        }
        EXPECT_EQ(figures.lost_later, 0U);
        EXPECT_EQ(figures.overtaken, 0U);
    }
}

TEST_P(HandoverTest, loses_and_reorders_nothing_where_both_networks_are_up) {
    for (const Move& move : all_moves()) {
        SCOPED_TRACE(move.text());
        const Figures figures = make_before_break(GetParam(), move);
        print("make before break", GetParam(), move, figures);
        EXPECT_EQ(figures.lost, 0U);
        EXPECT_EQ(figures.overtaken, 0U);
    }
}

// Each second to the other of two networks, for two minutes, while every packet comes once more 700 ms
// late. The leg changes once a move, never back, and what is sent from shortly after a move on
// arrives until the next one.
TEST_P(HandoverTest, ping_pong_each_second_ends_each_time_at_the_newest_address) {
    constexpr std::size_t moves = 120;
    const bool is_direct = GetParam() == Kind::direct;
    const Duration round_trip = is_direct ? HandoverWorld::to_cn : HandoverWorld::to_relay;
    const Duration settling = 2 * round_trip + milliseconds{is_direct ? 50 : 20};
    for (const Move& move : all_moves()) {
        const auto& [one, other] = move;
        if (std::string_view{one.name} > other.name) {
            continue;
        }
        SCOPED_TRACE(move.text());
        HandoverWorld world{GetParam(), one};
        FarEndWatch watch{world};
        Weather weather;
        weather.late_permille = 1000;
        weather.late = milliseconds{700};
        world.network.set_weather(weather);
        const Streams streams = world.streams(moves * 100, milliseconds{10});
        std::size_t lost = 0;
        for (std::size_t i = 0; i < moves; ++i) {
            const Place& from = i % 2 == 0 ? one : other;
            const Place& to = i % 2 == 0 ? other : one;
            const Instant moved = world.events.now();
            world.leave(world.mn, world.*from.segment);
            world.join(world.mn, world.*to.segment);
            world.run(seconds{1});
            for (const auto& stream : {streams.up, streams.down}) {
                lost += count_lost(
                    world, *stream, moved + settling, moved + milliseconds{1000} - round_trip
                );
            }
        }
        world.run(seconds{2});
        expect_sound(world);
        world.expect_kind();
        EXPECT_EQ(lost, 0U);
        EXPECT_EQ(watch.changes(), moves);
    }
}

// The DC hears of it, has a relay directed, and then both ends.
TEST(HandoverToARelayTest, follows_at_once_where_the_ends_have_no_family_in_common) {
    for (const auto& [move, cn_at] :
         {std::pair{Move{places[3], places[1]}, places[3]},
          {Move{places[0], places[2]}, places[3]},
          {Move{places[0], places[3]}, elsewhere}}) {
        SCOPED_TRACE(move.text());
        HandoverWorld world{Kind::direct, move.from, cn_at};
        const Streams streams = world.streams(1500, milliseconds{1});
        world.run(milliseconds{200});
        world.leave(world.mn, world.*move.from.segment);
        const Instant moved = world.events.now();
        world.join(world.mn, world.*move.to.segment);
        world.run(seconds{2});
        expect_sound(world);
        world.kind = Kind::relayed;
        world.expect_kind();
        const Duration silence =
            std::max(last_lost(world, *streams.up, moved), last_lost(world, *streams.down, moved));
        std::printf("to a relay, %s: %.1f ms\n", move.text().c_str(), in_ms(silence));
        EXPECT_LE(silence, milliseconds{150});
    }
}

// Until a packet that is sent gets there again, from when both have their new addresses.
Duration silence_when_both_move(HandoverWorld& world, const Move& move, const Move& of_cn) {
    const Streams streams = world.streams(1000, milliseconds{1});
    world.run(milliseconds{200});
    world.leave(world.mn, world.*move.from.segment);
    world.leave(world.cn, world.*of_cn.from.segment);
    const Instant moved = world.events.now();
    world.join(world.mn, world.*move.to.segment);
    world.join(world.cn, world.*of_cn.to.segment);
    world.run(milliseconds{1300});
    expect_sound(world);
    return std::max(last_lost(world, *streams.up, moved), last_lost(world, *streams.down, moved));
}

TEST(HandoverOfBothTest, by_a_relay_both_are_found_at_once) {
    for (const Move& move : all_moves()) {
        SCOPED_TRACE(move.text());
        HandoverWorld world{Kind::relayed, move.from};
        const Duration silence = silence_when_both_move(
            world, move, {HandoverWorld::home_of_cn(Kind::relayed), move.from}
        );
        std::printf("both at once, relayed %s: %.1f ms\n", move.text().c_str(), in_ms(silence));
        world.expect_kind();
        EXPECT_LE(silence, 2 * HandoverWorld::to_relay + milliseconds{20});
    }
}

TEST(HandoverOfBothTest, a_direct_path_finds_both_by_the_dc) {
    for (const Move& move : all_moves()) {
        SCOPED_TRACE(move.text());
        HandoverWorld world{Kind::direct, move.from};
        const Duration silence = silence_when_both_move(
            world, move, {HandoverWorld::home_of_cn(Kind::direct), elsewhere}
        );
        std::printf("both at once, direct %s: %.1f ms\n", move.text().c_str(), in_ms(silence));
        EXPECT_LE(silence, milliseconds{150});
    }
}

}  // namespace
}  // namespace ntm::simulation
