// SPDX-License-Identifier: BSD-3-Clause
// F-3, F-5: what has been released stays so, in whatever order Directions and Releases come.
#include "client/node/tombstones.hpp"

#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

constexpr PathId path{7};
constexpr Instant start{seconds{1000}};

TEST(TombstonesTest, a_path_is_released_for_a_minute) {
    Tombstones tombstones;
    tombstones.bury(path, 4, start);
    EXPECT_EQ(tombstones.revision_of(path, start + milliseconds{59'999}), 4U);
    EXPECT_EQ(tombstones.revision_of(path, start + seconds{60}), std::nullopt);
    EXPECT_EQ(tombstones.revision_of(PathId{8}, start), std::nullopt);
}

TEST(TombstonesTest, an_older_release_does_not_lower_the_revision) {
    Tombstones tombstones;
    tombstones.bury(path, 6, start);
    tombstones.bury(path, 4, start + seconds{30});
    EXPECT_EQ(tombstones.revision_of(path, start + seconds{89}), 6U);
}

TEST(TombstonesTest, what_is_forgotten_counts_no_longer) {
    Tombstones tombstones;
    tombstones.bury(path, 6, start);
    tombstones.bury(path, 4, start + seconds{60});
    EXPECT_EQ(tombstones.revision_of(path, start + seconds{60}), 4U);
}

TEST(TombstonesTest, the_oldest_give_way_to_more_than_there_is_room_for) {
    Tombstones tombstones;
    for (std::uint64_t id = 1; id <= Tombstones::capacity + 1; ++id) {
        tombstones.bury(PathId{id}, 1, start + milliseconds{id});
    }
    EXPECT_EQ(tombstones.size(), Tombstones::capacity);
    const Instant now = start + seconds{5};
    EXPECT_EQ(tombstones.revision_of(PathId{1}, now), std::nullopt);
    EXPECT_EQ(tombstones.revision_of(PathId{2}, now), 1U);
}

TEST(TombstonesTest, a_path_may_be_released_again_once_for_each_time_it_is_buried) {
    Tombstones tombstones;
    EXPECT_FALSE(tombstones.may_release_again(path));
    tombstones.bury(path, 6, start);
    EXPECT_TRUE(tombstones.may_release_again(path));
    tombstones.bury(path, 4, start + seconds{1});
    EXPECT_FALSE(tombstones.may_release_again(path));
    tombstones.bury(path, 7, start + seconds{2});
    EXPECT_TRUE(tombstones.may_release_again(path));
    tombstones.bury(path, 7, start + seconds{3} + Tombstones::kept);
    EXPECT_TRUE(tombstones.may_release_again(path)) << "forgotten in between";
}

struct Released : NodeWorld {
    Released() {
        start();
        make_path();
    }
    void tell_release(std::uint32_t revision) {
        v1::Signal message;
        message.mutable_path_release()->set_path_id(FakeDc::path_number);
        message.mutable_path_release()->set_revision(revision);
        dc_sends(message);
    }
    void release(std::uint32_t revision) {
        tell_release(revision);
        run_for(milliseconds{100});
    }
    [[nodiscard]] v1::Status direct(std::uint32_t revision) {
        const auto id = dc_directs(dc.relayed_direction(revision));
        run_for(milliseconds{100});
        return dc.answers.at(id).status();
    }
};

TEST(ReleaseTest, a_released_path_stays_released_for_a_minute) {
    Released world;
    world.release(4);
    EXPECT_FALSE(world.path());
    EXPECT_EQ(world.direct(4), v1::STATUS_STALE);
    EXPECT_EQ(world.direct(5), v1::STATUS_OK);
    EXPECT_TRUE(world.path());
}

TEST(ReleaseTest, a_late_release_does_not_let_an_old_direction_in) {
    Released world;
    world.release(6);
    world.release(4);
    EXPECT_EQ(world.direct(5), v1::STATUS_STALE);
    EXPECT_FALSE(world.path());
    EXPECT_EQ(world.direct(7), v1::STATUS_OK);
}

// The release that the DC has not heard, or a path that it directed before this node had heard of its
// new addresses.
TEST(ReleaseTest, a_released_path_in_an_answer_is_released_again_and_another_asked_for) {
    Released world;
    world.release(4);
    world.dc.requests.clear();
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        v1::Signal answer;
        v1::RouteDirection& route = *answer.mutable_direction_response()->mutable_route();
        route = world.dc.relayed_direction(4);
        const bool is_told = std::ranges::any_of(world.dc.requests, [](const v1::Signal& request) {
            return request.path_release().path_id() == FakeDc::path_number &&
                   request.path_release().revision() == 4;
        });
        if (is_told) {
            route.set_revision(5);
        }
        return answer;
    };
    world.send_inner(inner_packet("198.18.0.1", "198.18.0.2"));
    world.run_for(seconds{1});
    ASSERT_TRUE(world.path());
    EXPECT_EQ(world.path()->revision, 5U);
    EXPECT_EQ(world.path()->sent.packets, 1U) << "the packet that waited";
}

TEST(ReleaseTest, a_released_path_that_is_directed_again_and_again_is_no_path) {
    Released world;
    world.release(4);
    world.dc.direction_requests.clear();
    world.dns_answers.clear();
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        v1::Signal answer;
        *answer.mutable_direction_response()->mutable_route() = world.dc.relayed_direction(4);
        return answer;
    };
    world.query(9, "cn.b.ntm.test");
    world.run_for(seconds{1});
    EXPECT_EQ(world.dc.direction_requests.size(), 2U) << "and once more when it had been told";
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::failed);
    EXPECT_TRUE(std::ranges::any_of(world.log, [](const std::string& line) {
        return line.starts_with("no path to cn.b.ntm.test: unusable Route Direction");
    }));
}

// The release overtakes the answer to a complaint.
TEST(ReleaseTest, nobody_asks_for_another_path_where_nobody_waits_for_one) {
    Released world;
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        world.tell_release(4);
        v1::Signal answer;
        *answer.mutable_direction_response()->mutable_route() = world.dc.relayed_direction(4);
        return answer;
    };
    world.dc.direction_requests.clear();
    world.send_inner(inner_packet("198.18.0.1", "198.18.0.2"));  // and nobody answers
    world.run_for(seconds{4});
    EXPECT_FALSE(world.path());
    EXPECT_EQ(world.dc.direction_requests.size(), 1U);
}

}  // namespace
}  // namespace ntm::client::testing
