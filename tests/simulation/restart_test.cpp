// SPDX-License-Identifier: BSD-3-Clause
// Programs are killed and started again, and NATs forget: paths come back by themselves, virtual
// addresses stay, and no key counts twice.
#include "tests/simulation/world/checks.hpp"

#include <cstdio>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A world with a path from mn to cn that has carried packets.
class RestartTest : public testing::Test {
  protected:
    void SetUp() override {
        world_.start_all();
        static_cast<void>(world_.resolve(world_.mn, world_.cn, seconds{5}));
        ASSERT_TRUE(world_.ping(world_.mn, world_.cn, seconds{1}));
    }
    void TearDown() override { expect_sound(world_); }

    // A ping every 20 ms both ways, as long as the test runs.
    void keep_pinging() {
        pings_.push_back(world_.stream(world_.mn, world_.cn, 10'000, milliseconds{20}));
        pings_.push_back(world_.stream(world_.cn, world_.mn, 10'000, milliseconds{20}));
    }
    // From `from` until a ping of each node that was sent later had its echo.
    [[nodiscard]] std::optional<Duration> time_to_go_on(Instant from, Duration limit) {
        const auto is_back = [&](const std::vector<std::uint64_t>& numbers) {
            return std::ranges::any_of(numbers, [&](std::uint64_t number) {
                const Ledger::Entry& entry = world_.ledger.entry(number);
                return entry.echoed && entry.echoed > from && entry.sent >= from;
            });
        };
        const bool has_come = world_.run_until(
            [&] { return is_back(*pings_.at(0)) && is_back(*pings_.at(1)); }, limit
        );
        return has_come ? std::optional{world_.events.now() - from} : std::nullopt;
    }
    void expect_going_on(const char* what, Instant from, Duration limit) {
        const auto time = time_to_go_on(from, limit + seconds{30});
        ASSERT_TRUE(time) << what << ": pings do not go on";
        std::printf("%-48s %8.1f ms\n", what, in_ms(*time));
        EXPECT_LE(*time, limit) << what;
    }

    World world_{{.seed = 3}};
    std::vector<std::shared_ptr<std::vector<std::uint64_t>>> pings_;
};

// F-11.
TEST_F(RestartTest, traffic_goes_on_within_a_second_of_the_relay_being_up) {
    keep_pinging();
    for (const Duration outage :
         {Duration{milliseconds{20}},
          Duration{milliseconds{300}},
          Duration{seconds{1}},
          Duration{seconds{4}},
          Duration{seconds{40}}}) {
        world_.run(seconds{2});
        world_.relay.kill();
        world_.run(outage);
        world_.relay.start();
        const std::string what =
            "relay was away for " + std::to_string(outage / milliseconds{1}) + " ms";
        expect_going_on(what.c_str(), world_.events.now(), seconds{1});
    }
}

TEST_F(RestartTest, an_idle_path_survives_a_restart_of_the_relay) {
    world_.run(seconds{5});
    world_.relay.kill();
    world_.run(seconds{1});
    world_.relay.start();
    world_.run(seconds{20});
    EXPECT_TRUE(world_.ping(world_.cn, world_.mn, seconds{1}));
    EXPECT_TRUE(world_.ping(world_.mn, world_.cn, seconds{1}));
}

// F-10, F-16.
TEST_F(RestartTest, paths_go_on_without_the_dc_and_it_comes_back_with_all_it_knew) {
    keep_pinging();
    world_.run(seconds{1});
    world_.dc.kill();
    const Instant killed = world_.events.now();
    world_.run(seconds{20});
    world_.dc.start();
    world_.run(seconds{20});
    for (const auto& numbers : pings_) {
        EXPECT_EQ(count_lost(world_, *numbers, killed, world_.events.now() - seconds{1}), 0U);
    }
    EXPECT_EQ(world_.dc.path_count(), 1U);
    EXPECT_TRUE(world_.mn.is_registered());
    // New paths work: the relay restarts, and a move finds the DC's memory whole.
    world_.relay.kill();
    world_.relay.start();
    expect_going_on("relay restarted after the DC", world_.events.now(), seconds{1});
}

// F-16.
TEST_F(RestartTest, an_hour_without_the_dc_and_a_move_in_it_cost_nothing) {
    world_.dc.kill();
    const Instant killed = world_.events.now();
    for (const auto& [from, to] :
         {std::pair{&world_.mn, &world_.cn}, std::pair{&world_.cn, &world_.mn}}) {
        pings_.push_back(world_.stream(*from, *to, 3600, seconds{1}));
    }
    world_.run(minutes{30});
    const Instant moved = world_.events.now();
    world_.join(world_.mn, world_.nat_c);
    world_.run(seconds{1});
    world_.leave(world_.mn, world_.nat_a);
    world_.run(minutes{29});
    for (const auto& numbers : pings_) {
        EXPECT_EQ(count_lost(world_, *numbers, killed, moved), 0U);
        EXPECT_EQ(count_lost(world_, *numbers, moved, world_.events.now() - seconds{1}), 0U);
    }
}

TEST_F(RestartTest, a_killed_node_comes_back_with_its_address_and_its_paths) {
    keep_pinging();
    for (SimNode* node : {&world_.cn, &world_.mn}) {
        world_.run(seconds{2});
        node->kill();
        world_.run(seconds{3});
        node->start();
        const std::string what = node->name() + " was killed for 3 s";
        expect_going_on(what.c_str(), world_.events.now(), seconds{2});
    }
    EXPECT_GE(world_.secrets.secrets(), 3U) << "each run of an end has a path secret of its own";
}

TEST_F(RestartTest, relay_and_dc_may_restart_together) {
    keep_pinging();
    world_.run(seconds{1});
    world_.relay.kill();
    world_.dc.kill();
    world_.run(seconds{2});
    world_.relay.start();
    world_.dc.start();
    expect_going_on("relay and DC restarted together", world_.events.now(), seconds{2});
}

TEST_F(RestartTest, everything_may_restart_at_once) {
    keep_pinging();
    world_.run(seconds{1});
    world_.relay.kill();
    world_.dc.kill();
    world_.mn.kill();
    world_.cn.kill();
    world_.run(seconds{2});
    world_.cn.start();
    world_.mn.start();
    world_.relay.start();
    world_.dc.start();
    expect_going_on("all restarted together", world_.events.now(), seconds{5});
}

TEST_F(RestartTest, traffic_goes_on_after_a_nat_has_rebound) {
    keep_pinging();
    for (const auto& [what, segment] :
         {std::pair{"mn's NAT rebound under traffic", world_.nat_a},
          std::pair{"cn's symmetric NAT rebound under traffic", world_.nat_b}}) {
        world_.run(seconds{2});
        world_.network.rebind(segment);
        expect_going_on(what, world_.events.now(), seconds{1});
    }
}

TEST_F(RestartTest, an_idle_path_is_kept_open_through_nats) {
    world_.run(minutes{5});
    EXPECT_TRUE(world_.ping(world_.cn, world_.mn, milliseconds{200}));
    world_.run(minutes{5});
    EXPECT_TRUE(world_.ping(world_.mn, world_.cn, milliseconds{200}));
}

TEST_F(RestartTest, an_idle_path_is_found_again_after_its_nats_have_rebound) {
    world_.run(seconds{5});
    world_.network.rebind(world_.nat_a);
    world_.network.rebind(world_.nat_b);
    world_.run(seconds{20});
    EXPECT_TRUE(world_.ping(world_.cn, world_.mn, milliseconds{200}));
}

TEST(RestartFileTest, the_dc_reads_its_store_from_the_file_again) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("ntm-simulation-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    {
        World world{{.store_file = (folder / "dc.sqlite").string()}};
        world.start_all();
        const auto before = world.mn.vip(Family::ipv4);
        world.dc.kill();
        world.run(seconds{1});
        world.dc.start();
        world.mn.kill();
        world.mn.start();
        world.run(seconds{3});
        EXPECT_TRUE(world.mn.is_registered());
        EXPECT_EQ(world.mn.vip(Family::ipv4), before);
        const SimNode::Query& query = world.resolve(world.mn, world.cn, seconds{5});
        ASSERT_TRUE(query.answered);
        EXPECT_EQ(query.answer.vipv4, world.cn.vip(Family::ipv4));
        EXPECT_TRUE(world.ping(world.mn, world.cn, seconds{1}));
        expect_sound(world);
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ntm::simulation
