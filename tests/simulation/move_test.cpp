// SPDX-License-Identifier: BSD-3-Clause
// A node moves while packets run both ways through RS-S: how soon each way goes on, counted from
// the moment at which the new address can be used, and what is lost.
#include "tests/simulation/world/checks.hpp"

#include <cstdio>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Manner { break_before_make, make_before_break };

struct Move {
    const char* name;
    bool is_mn;
    std::size_t from;
    std::size_t to;
};

constexpr std::size_t nat_a = 1;
constexpr std::size_t nat_b = 2;
constexpr std::size_t nat_c = 3;
constexpr std::size_t v6only = 4;

const std::array moves{
    Move{"mn, NAT to other NAT", true, nat_a, nat_c},
    Move{"mn, NAT to IPv6 only", true, nat_a, v6only},
    Move{"mn, IPv6 only to NAT", true, v6only, nat_a},
    Move{"cn, symmetric NAT to other", false, nat_b, nat_c},
    Move{"cn, symmetric NAT to IPv6", false, nat_b, v6only},
    Move{"cn, IPv6 to symmetric NAT", false, v6only, nat_b},
};

struct MoveFigures {
    Duration uplink{0};        // until the mover's DATA goes on, from whichever address works
    Duration downlink{0};      // until DATA comes to it
    Duration changed_over{0};  // until its first DATA leaves from the new address
    std::size_t lost_up = 0;
    std::size_t lost_down = 0;
    std::size_t lost_later = 0;  // of packets sent when both ways went on already
};

std::optional<Instant> first_at(
    const std::vector<SimNode::Sighting>& sightings, const IpAddress& local, Instant from
) {
    for (const SimNode::Sighting& sighting : sightings) {
        if (sighting.at >= from && sighting.local == local) {
            return sighting.at;
        }
    }
    return std::nullopt;
}

// Enters the new place (at the instant returned) and leaves the old one.
Instant change_place(World& world, SimNode& mover, const Move& move, Manner manner) {
    if (manner == Manner::break_before_make) {
        world.leave(mover, move.from);
        world.run(milliseconds{200});
    }
    const Instant usable = world.events.now();
    world.join(mover, move.to);
    if (manner == Manner::make_before_break) {
        world.run(seconds{1});
        world.leave(mover, move.from);
    }
    return usable;
}

MoveFigures play(const Move& move, Manner manner) {
    World world{{}};
    const World::Places homes{
        move.is_mn ? move.from : world.nat_a, move.is_mn ? world.nat_b : move.from};
    world.start_all(homes);
    SimNode& mover = move.is_mn ? world.mn : world.cn;
    SimNode& stayer = move.is_mn ? world.cn : world.mn;
    mover.set_echoing(false);
    stayer.set_echoing(false);
    static_cast<void>(world.resolve(world.mn, world.cn, seconds{5}));
    const auto up = world.stream(mover, stayer, 5000, milliseconds{1});
    const auto down = world.stream(stayer, mover, 5000, milliseconds{1});
    world.run(seconds{1});
    const Instant left = world.events.now();
    const Instant usable = change_place(world, mover, move, manner);
    world.run(seconds{6});
    expect_sound(world);

    const Attachment& attachment = world.network.attachments(mover.host()).back();
    const IpAddress local = attachment.addresses.at(0).address;
    const auto sent = first_at(mover.data_sent(), local, usable);
    const bool breaks = manner == Manner::break_before_make;
    const auto received = first_at(mover.data_received(), local, usable);
    if (!sent || !received) {
        ADD_FAILURE() << "nothing was sent from or came to the new address";
        return {};
    }
    const Instant settled = std::max(*sent, *received);
    const Instant end = left + seconds{4};
    // While the old address works, nothing waits for the new one: the losses tell.
    return {
        breaks ? *sent - usable : Duration{0},
        breaks ? *received - usable : Duration{0},
        *sent - usable,
        count_lost(world, *up, left, end),
        count_lost(world, *down, left, end),
        count_lost(world, *up, settled, end) + count_lost(world, *down, settled, end)};
}

TEST(MoveTest, both_ways_go_on_within_two_round_trips) {
    std::printf(
        "move, from the address being usable     uplink   downlink  changed over  lost up down\n"
    );
    for (const Manner manner : {Manner::break_before_make, Manner::make_before_break}) {
        const bool breaks = manner == Manner::break_before_make;
        std::printf("%s\n", breaks ? " break before make (200 ms)" : " make before break");
        for (const Move& move : moves) {
            SCOPED_TRACE(move.name);
            const Duration round_trip = milliseconds{move.is_mn ? 38 : 39};
            const MoveFigures figures = play(move, manner);
            std::printf(
                "  %-32s %7.1f ms %7.1f ms %10.1f ms %8zu %4zu\n",
                move.name,
                in_ms(figures.uplink),
                in_ms(figures.downlink),
                in_ms(figures.changed_over),
                figures.lost_up,
                figures.lost_down
            );
            EXPECT_LE(figures.uplink, round_trip + milliseconds{20});
            EXPECT_LE(figures.downlink, 2 * round_trip + milliseconds{20});
            EXPECT_LE(figures.changed_over, 2 * round_trip + milliseconds{20});
            EXPECT_EQ(figures.lost_later, 0U);
            if (!breaks) {
                EXPECT_EQ(figures.lost_up + figures.lost_down, 0U);
            }
        }
    }
}

// F-31.
TEST(MoveTest, both_ends_may_move_at_once) {
    World world{{}};
    world.start_all();
    static_cast<void>(world.resolve(world.mn, world.cn, seconds{5}));
    ASSERT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
    world.leave(world.mn, world.nat_a);
    world.leave(world.cn, world.nat_b);
    world.join(world.mn, world.v6only);
    world.join(world.cn, world.nat_c);
    world.run(milliseconds{100});
    EXPECT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
    EXPECT_TRUE(world.ping(world.cn, world.mn, seconds{1}));
    expect_sound(world);
}

TEST(MoveTest, an_idle_path_is_there_after_many_moves) {
    World world{{}};
    world.start_all();
    static_cast<void>(world.resolve(world.mn, world.cn, seconds{5}));
    std::size_t at = world.nat_a;
    for (const std::size_t next : {nat_c, v6only, nat_a, v6only, nat_b, nat_a, std::size_t{0}}) {
        world.leave(world.mn, at);
        world.run(milliseconds{500});
        world.join(world.mn, next);
        at = next;
        world.run(seconds{20});
        EXPECT_TRUE(world.ping(world.cn, world.mn, seconds{1})) << "at place " << next;
    }
    expect_sound(world);
}

}  // namespace
}  // namespace ntm::simulation
