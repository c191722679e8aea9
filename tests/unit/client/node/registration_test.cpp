// SPDX-License-Identifier: BSD-3-Clause
// When the DC is told of the host's addresses, and what a busy DC makes the node do.
#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

struct Registered : NodeWorld {
    Registered() {
        start();
        make_path();
        dc.requests.clear();
        sent.clear();
    }
    [[nodiscard]] std::vector<v1::RegistrationRequest> registrations() const {
        std::vector<v1::RegistrationRequest> found;
        for (const v1::Signal& request : dc.requests) {
            if (request.has_registration_request()) {
                found.push_back(request.registration_request());
            }
        }
        return found;
    }
    [[nodiscard]] std::size_t keep_alives() const {
        return static_cast<std::size_t>(std::count_if(
            dc.requests.begin(),
            dc.requests.end(),
            [](const v1::Signal& request) { return request.has_keep_alive(); }
        ));
    }
    [[nodiscard]] bool has_sent_to(const Endpoint& remote) const {
        return std::any_of(sent.begin(), sent.end(), [&](const auto& at) {
            return at.second.remote == remote;
        });
    }
};

TEST(Registration, tells_of_changes_that_come_together_once) {
    Registered world;
    world.set_addresses({});
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{5});
    world.set_addresses({real("10.0.0.7/24", 3), real("10.0.0.8/24", 3)});
    world.run_for(milliseconds{5});
    world.set_addresses({real("10.0.0.7/24", 3), real("2001:db8:6::7/64", 3)});
    world.run_for(milliseconds{200});
    ASSERT_EQ(world.registrations().size(), 1U);
    const v1::RegistrationRequest told = world.registrations()[0];
    ASSERT_EQ(told.addresses_size(), 2);
    EXPECT_EQ(told.addresses(0).ip(), as_text(ip("10.0.0.7").bytes()));
    EXPECT_EQ(told.addresses(1).ip(), as_text(ip("2001:db8:6::7").bytes()));
}

TEST(Registration, is_not_put_off_by_ever_more_changes) {
    Registered world;
    for (std::uint32_t i = 0; i < 30; ++i) {
        world.set_addresses({real("10.0.0." + std::to_string(10 + i) + "/24", 3)});
        world.run_for(milliseconds{10});
    }
    EXPECT_GE(world.registrations().size(), 2U);
    EXPECT_LE(world.registrations().size(), 4U);
}

TEST(Registration, holds_up_neither_the_legs_nor_the_proof_of_the_address) {
    Registered world;
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.node->handle_timeout(world.now);
    world.drain();
    EXPECT_TRUE(world.has_sent_to(relay_v4()));
    EXPECT_TRUE(world.has_sent_to(dc_v4));
    world.run_for(milliseconds{20});
    EXPECT_TRUE(world.registrations().empty());
}

TEST(Registration, comes_again_soon_and_then_less_often_where_the_dc_is_busy) {
    Registered world;
    world.dc.busy_answers = 4;
    world.log.clear();
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{400});
    EXPECT_GE(world.registrations().size(), 2U);
    EXPECT_LE(world.registrations().size(), 4U);
    world.run_for(milliseconds{1100});
    EXPECT_EQ(world.registrations().size(), 5U);
    for (const std::string& line : world.log) {
        EXPECT_EQ(line.find("refuses"), std::string::npos) << line;
    }
    world.run_for(seconds{10});
    EXPECT_EQ(world.registrations().size(), 5U) << "it has been granted";
}

// A DC takes two a second, and ten at once.
TEST(Registration, comes_no_oftener_than_a_dc_takes_it_whatever_the_host_does) {
    Registered world;
    world.dc_delay = milliseconds{100};
    for (std::uint32_t i = 0; i < 1000; ++i) {
        world.set_addresses({real("10.0.0." + std::to_string(10 + i % 200) + "/24", 3)});
        world.run_for(milliseconds{20});
    }
    EXPECT_GE(world.registrations().size(), 15U);
    EXPECT_LE(world.registrations().size(), 40U);
}

TEST(Registration, goes_as_soon_as_ever_after_each_of_many_moves_a_second_apart) {
    Registered world;
    for (std::uint32_t i = 0; i < 10; ++i) {
        world.set_addresses({real("10.0.0." + std::to_string(10 + i) + "/24", 3)});
        world.run_for(milliseconds{60});
        EXPECT_EQ(world.registrations().size(), i + 1);
        world.run_for(milliseconds{940});
    }
}

TEST(Registration, does_not_hurry_a_busy_dc_for_more_changes) {
    Registered world;
    world.dc.busy_answers = 1000;
    for (std::uint32_t i = 0; i < 80; ++i) {
        if (i == 40) {
            world.dc.requests.clear();  // by then it waits for 5 s
        }
        world.set_addresses({real("10.0.0." + std::to_string(10 + i) + "/24", 3)});
        world.run_for(milliseconds{400});
    }
    EXPECT_GE(world.registrations().size(), 2U);
    EXPECT_LE(world.registrations().size(), 5U);
}

// The DC has removed the node and provisioned it again meanwhile, and has ended its paths.
TEST(Registration, ends_the_paths_of_other_virtual_addresses) {
    Registered world;
    ASSERT_TRUE(world.path());
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{200});
    EXPECT_TRUE(world.path()) << "the same are granted again";
    world.dc.grant.set_vipv4(as_text(ip("198.18.0.9").bytes()));
    world.set_addresses({real("10.0.0.8/24", 3)});
    world.run_for(milliseconds{200});
    EXPECT_FALSE(world.path());
    world.send_inner(inner_packet("198.18.0.9", "198.18.0.2"));
    world.run_for(milliseconds{200});
    EXPECT_FALSE(world.dc.direction_requests.empty()) << "the next packet asks for a path";
    // What the DC had said of the old one before may come late.
    const std::uint64_t late = world.dc_directs(world.dc.relayed_direction(7));
    world.run_for(milliseconds{200});
    EXPECT_EQ(world.dc.answers.at(late).status(), v1::STATUS_STALE);
    EXPECT_FALSE(world.path());
}

TEST(Registration, a_keep_alive_goes_as_soon_as_a_relay_sees_another_address) {
    Registered world;
    world.run_for(seconds{22});
    const std::size_t before = world.keep_alives();
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    // The relay is asked 15 s after the last time, the DC 20 s after.
    world.run_for(seconds{10});
    EXPECT_EQ(world.keep_alives(), before + 1);
}

TEST(Registration, comes_before_any_keep_alive_from_a_new_address) {
    Registered world;
    world.dc.busy_answers = 1000;
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(seconds{60});
    EXPECT_EQ(world.keep_alives(), 0U);
    world.dc.busy_answers = 0;
    world.run_for(seconds{60});
    EXPECT_GE(world.keep_alives(), 2U);
}

}  // namespace
}  // namespace ntm::client::testing
