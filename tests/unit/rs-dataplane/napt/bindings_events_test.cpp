// SPDX-License-Identifier: BSD-3-Clause
// What bindings tell for the records: C-12, C-14.
#include "tests/unit/rs-dataplane/napt/world.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

using Kind = Event::Kind;

class Told final : public EventSink {
  public:
    void put(const Event& event) noexcept override { events.push_back(event); }
    std::vector<Event> events;
};

constexpr Tenancy tenancy = 7;

class BindingsEventsTest : public ::testing::Test {
  protected:
    [[nodiscard]] Bindings::Plan plan(bool tells_sessions) {
        Bindings::Plan made;
        made.ipv4 = {.addresses = 1, .first_port = 1024, .blocks_each = 16, .block_size = 256};
        made.ipv6 = {.addresses = 0};
        made.events = &told_;
        made.tells_sessions = tells_sessions;
        return made;
    }
    static Position add(World& world, const Limits& limits = {}) {
        return world.bindings().add_subscriber({}, {}, limits, tenancy).value();
    }
    [[nodiscard]] const std::vector<Event>& told() const { return told_.events; }

  private:
    Told told_;
};

PublicPort first_of_block(PublicPort port) {
    return {port.address, static_cast<std::uint16_t>(port.port / 256 * 256)};
}

TEST_F(BindingsEventsTest, tells_a_block_when_it_is_taken_and_when_its_last_port_is_given_back) {
    World world{plan(false)};
    const Position mn = add(world);
    const Instant begun = world.now();
    const auto udp = world.send({mn, 5000}, gn, path_to_gn);
    ASSERT_TRUE(udp);
    world.pass(std::chrono::seconds{100});
    // Another protocol has other ports of the same block.
    ASSERT_TRUE(world.send({mn, 5000, Protocol::tcp}, gn, path_to_gn, syn));
    ASSERT_TRUE(world.send({mn, 5001}, gn, path_to_gn));
    ASSERT_EQ(told().size(), 1U);
    Event taken;
    taken.kind = Kind::block_taken;
    taken.at = begun;
    taken.tenancy = tenancy;
    taken.public_port = first_of_block(*udp);
    EXPECT_EQ(told()[0], taken);

    world.pass(std::chrono::seconds{239});
    EXPECT_EQ(told().size(), 1U);
    world.pass(std::chrono::seconds{100});
    ASSERT_EQ(told().size(), 2U);
    Event given_back = taken;
    given_back.kind = Kind::block_given_back;
    given_back.at = world.now();
    EXPECT_EQ(told()[1], given_back);
}

TEST_F(BindingsEventsTest, tells_the_blocks_of_a_subscriber_who_goes) {
    World world{plan(false)};
    const Position mn = add(world);
    for (std::uint16_t port = 1; port <= 300; ++port) {
        ASSERT_TRUE(world.send({mn, port}, gn, path_to_gn));
    }
    world.remove(mn);
    ASSERT_EQ(told().size(), 4U);
    for (const Event& event : told()) {
        EXPECT_EQ(event.tenancy, tenancy);
    }
    EXPECT_EQ(std::ranges::count(told(), Kind::block_given_back, &Event::kind), 2);
}

// C-14: 10 000 sessions of one subscriber make at most 10 records.
TEST_F(BindingsEventsTest, tells_few_blocks_for_many_sessions) {
    World world{plan(false)};
    const Position mn = add(world, {.sessions = 10'000, .new_mappings = {10'000, 10'000}});
    for (std::uint16_t port = 1; port <= 1000; ++port) {
        for (std::uint16_t remote_port = 1; remote_port <= 10; ++remote_port) {
            ASSERT_TRUE(world.send({mn, port}, {gn_address, remote_port}, path_to_gn));
        }
    }
    EXPECT_EQ(world.bindings().usage().sessions, 10'000U);
    EXPECT_LE(told().size(), 10U);
    // C-12.
    for (const Event& event : told()) {
        EXPECT_EQ(event.remote, PaddedAddress{});
        EXPECT_EQ(event.remote_port, 0);
    }
}

TEST_F(BindingsEventsTest, tells_sessions_where_they_are_asked_for) {
    World world{plan(true)};
    const Position mn = add(world);
    const Instant begun = world.now();
    const auto port = world.send({mn, 5000, Protocol::tcp}, gn, path_to_gn, syn);
    ASSERT_TRUE(port);
    ASSERT_EQ(told().size(), 2U);
    EXPECT_EQ(told()[0].kind, Kind::block_taken);
    Event opened;
    opened.kind = Kind::session_opened;
    opened.at = begun;
    opened.tenancy = tenancy;
    opened.protocol = Protocol::tcp;
    opened.public_port = *port;
    opened.inside_port = 5000;
    opened.remote = gn.padded();
    opened.remote_port = gn.port;
    EXPECT_EQ(told()[1], opened);

    world.pass(std::chrono::seconds{300});
    ASSERT_EQ(told().size(), 4U);
    Event ended = opened;
    ended.kind = Kind::session_ended;
    ended.at = world.now();
    EXPECT_EQ(told()[2], ended);
    EXPECT_EQ(told()[3].kind, Kind::block_given_back);
}

// A flood of SYNs makes no records.
TEST_F(BindingsEventsTest, tells_a_session_that_a_stranger_has_begun_when_he_has_proven_it) {
    World world{plan(true)};
    const Inside inside{add(world), 5000, Protocol::tcp};
    const auto port = world.send(inside, gn, exit_path, syn);
    ASSERT_TRUE(port);
    const std::size_t before = told().size();
    ASSERT_TRUE(world.send(inside, other_gn, exit_path, syn_ack));
    ASSERT_TRUE(world.send(inside, gn_other_port, exit_path, syn_ack));
    EXPECT_EQ(told().size(), before);
    world.pass(std::chrono::seconds{1});
    ASSERT_TRUE(world.reaches(*port, inside, other_gn, data));
    ASSERT_EQ(told().size(), before + 1);
    EXPECT_EQ(told().back().kind, Kind::session_opened);
    EXPECT_EQ(told().back().at, world.now());
    EXPECT_EQ(told().back().remote, other_gn.padded());
    world.remove(inside.subscriber);
    EXPECT_EQ(std::ranges::count(told(), Kind::session_ended, &Event::kind), 2);
}

}  // namespace
}  // namespace ntm::napt
