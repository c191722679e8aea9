// SPDX-License-Identifier: BSD-3-Clause
// The end of a direct path that is in the open moves to another global address while packets run
// both ways: the path stays direct, and goes on as soon as the other end's NAT can let it through.
#include "tests/simulation/world/checks.hpp"

#include <cstdio>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SegmentSpec open_segment(const char* name, const char* prefix) {
    SegmentSpec spec;
    spec.name = name;
    spec.ipv4 = Prefix::parse(prefix);
    return spec;
}

// mn, behind a NAT, and cn, which has a global IPv4 address and moves to another.
struct DirectWorld : World {
    explicit DirectWorld(SegmentNumber World::*nat = &World::nat_a) : World{Options{}} {
        start_all({this->*nat, here});
        mn.set_echoing(false);
        cn.set_echoing(false);
        static_cast<void>(resolve(mn, cn, seconds{5}));
    }
    [[nodiscard]] client::RouteKind kind_at(const SimNode& node) const {
        return node.manager().paths(events.now()).at(0).kind;
    }
    void expect_direct() const {
        EXPECT_EQ(kind_at(mn), client::RouteKind::direct);
        EXPECT_EQ(kind_at(cn), client::RouteKind::direct);
    }
    SegmentNumber here = network.add_segment(open_segment("open-a", "198.51.101.0/24"));
    SegmentNumber there = network.add_segment(open_segment("open-b", "198.51.102.0/24"));
};

std::optional<Duration> first_after(
    const std::vector<SimNode::Sighting>& sightings, const IpAddress& local, Instant from
) {
    for (const SimNode::Sighting& sighting : sightings) {
        if (sighting.at >= from && sighting.local == local) {
            return sighting.at - from;
        }
    }
    return std::nullopt;
}

// From 23 ms between mn and its DC, 21 between cn and its DC and 40 between the two: cn's address is
// proven and mn told of it after 43 ms; mn's Request makes the hole and is with cn 20 ms later.
TEST(DirectMoveTest, break_before_make_takes_the_way_by_the_dc_and_one_request) {
    DirectWorld world;
    world.expect_direct();
    const auto up = world.stream(world.cn, world.mn, 4000, milliseconds{1});
    const auto down = world.stream(world.mn, world.cn, 4000, milliseconds{1});
    world.run(seconds{1});
    world.leave(world.cn, world.here);
    world.run(milliseconds{200});
    const Instant usable = world.events.now();
    world.join(world.cn, world.there);
    world.run(seconds{5});
    expect_sound(world);
    world.expect_direct();
    const IpAddress local =
        world.network.attachments(world.cn.host()).back().addresses.at(0).address;
    const auto uplink = first_after(world.cn.data_sent(), local, usable);
    const auto downlink = first_after(world.cn.data_received(), local, usable);
    ASSERT_TRUE(uplink && downlink);
    std::printf(
        "direct move: uplink %.1f ms, downlink %.1f ms\n", in_ms(*uplink), in_ms(*downlink)
    );
    EXPECT_LE(*uplink, Duration{milliseconds{43 + 20 + 5}});
    EXPECT_LE(*downlink, Duration{milliseconds{43 + 3 * 20 + 5}});
    const Instant settled = usable + std::max(*uplink, *downlink);
    EXPECT_EQ(count_lost(world, *up, settled, usable + seconds{2}), 0U);
    EXPECT_EQ(count_lost(world, *down, settled, usable + seconds{2}), 0U);
}

TEST(DirectMoveTest, make_before_break_loses_nothing) {
    DirectWorld world;
    const auto up = world.stream(world.cn, world.mn, 4000, milliseconds{1});
    const auto down = world.stream(world.mn, world.cn, 4000, milliseconds{1});
    world.run(seconds{1});
    const Instant from = world.events.now();
    world.join(world.cn, world.there);
    world.run(seconds{1});
    world.leave(world.cn, world.here);
    world.run(seconds{4});
    expect_sound(world);
    world.expect_direct();
    EXPECT_EQ(count_lost(world, *up, from, from + seconds{2}), 0U);
    EXPECT_EQ(count_lost(world, *down, from, from + seconds{2}), 0U);
}

// Nothing of the path itself would tell, for nothing answers its keep-alives; the relays, which are
// timed once a minute, do.
TEST(DirectMoveTest, a_hole_that_the_nat_has_forgotten_is_made_again_before_it_is_needed) {
    DirectWorld world{&World::nat_b};  // whose holes are one for each destination
    world.network.rebind(world.nat_b);
    world.run(seconds{70});
    const Instant from = world.events.now();
    const auto up = world.stream(world.mn, world.cn, 100, milliseconds{1});
    const auto down = world.stream(world.cn, world.mn, 100, milliseconds{1});
    world.run(seconds{1});
    expect_sound(world);
    world.expect_direct();
    EXPECT_EQ(count_lost(world, *up, from, from + seconds{1}), 0U);
    EXPECT_EQ(count_lost(world, *down, from, from + seconds{1}), 0U);
}

}  // namespace
}  // namespace ntm::simulation
