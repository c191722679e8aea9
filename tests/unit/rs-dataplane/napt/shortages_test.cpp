// SPDX-License-Identifier: BSD-3-Clause
// What bindings tell of what they refuse, and how often.
#include "tests/unit/rs-dataplane/napt/world.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

class Told final : public EventSink {
  public:
    void put(const Event& event) noexcept override {
        if (event.kind == Event::Kind::shortage) {
            events.push_back(event);
        }
    }
    std::vector<Event> events;
};

class ShortagesTest : public ::testing::Test {
  protected:
    // Four blocks, two of each address.
    [[nodiscard]] Bindings::Plan plan() {
        Bindings::Plan made;
        made.ipv4 = {.addresses = 2, .first_port = 1024, .blocks_each = 2, .block_size = 64};
        made.ipv6 = {.addresses = 0};
        made.events = &told_;
        return made;
    }
    static Position add(World& world, Tenancy tenancy, const Limits& limits = {}) {
        return world.bindings().add_subscriber({}, {}, limits, tenancy).value();
    }
    // From his next port, so often.
    DropReason send(World& world, Position mn, int times = 1) {
        DropReason last = DropReason::none;
        for (int i = 0; i < times; ++i) {
            const auto sent = world.send({mn, next_port_++}, gn, path_to_gn);
            last = sent ? DropReason::none : sent.error();
        }
        return last;
    }
    [[nodiscard]] Event shortage(World& world, Scarce scarce, std::uint32_t limit) const {
        Event made;
        made.kind = Event::Kind::shortage;
        made.at = world.now();
        made.scarce = scarce;
        made.limit = limit;
        return made;
    }
    [[nodiscard]] const std::vector<Event>& told() const { return told_.events; }

  private:
    Told told_;
    std::uint16_t next_port_ = 1;
};

TEST_F(ShortagesTest, tell_of_a_subscribers_limit_at_once_and_once_a_minute) {
    World world{plan()};
    const Position mn = add(world, 7, {.ports = 2});
    const Position other = add(world, 8, {.ports = 1});
    ASSERT_EQ(send(world, mn, 2), DropReason::none);
    EXPECT_TRUE(told().empty());
    ASSERT_EQ(send(world, mn, 100), DropReason::napt_port_quota);
    ASSERT_EQ(told().size(), 1U);
    Event expected = shortage(world, Scarce::subscriber_ports, 2);
    expected.tenancy = 7;
    EXPECT_EQ(told()[0], expected);

    ASSERT_EQ(send(world, other, 3), DropReason::napt_port_quota);
    ASSERT_EQ(told().size(), 2U) << "one does not hide another";
    EXPECT_EQ(told()[1].tenancy, 8U);

    world.pass(seconds{59});
    ASSERT_EQ(send(world, mn), DropReason::napt_port_quota);
    EXPECT_EQ(told().size(), 2U);
    world.pass(seconds{1});
    ASSERT_EQ(send(world, mn, 5), DropReason::napt_port_quota);
    ASSERT_EQ(told().size(), 3U);
    EXPECT_EQ(told()[2].tenancy, 7U);
}

TEST_F(ShortagesTest, tell_of_his_sessions_beside_his_ports) {
    World world{plan()};
    const Position mn = add(world, 7, {.ports = 1, .sessions = 2});
    ASSERT_TRUE(world.send({mn, 5000}, gn, path_to_gn));
    ASSERT_EQ(send(world, mn), DropReason::napt_port_quota);
    ASSERT_TRUE(world.send({mn, 5000}, other_gn, path_to_gn));
    ASSERT_FALSE(world.send({mn, 5000}, gn_other_port, path_to_gn));
    ASSERT_FALSE(world.send({mn, 5000}, gn_other_port, path_to_gn));
    ASSERT_EQ(told().size(), 2U);
    EXPECT_EQ(told()[0].scarce, Scarce::subscriber_ports);
    Event expected = shortage(world, Scarce::subscriber_sessions, 2);
    expected.tenancy = 7;
    EXPECT_EQ(told()[1], expected);
}

TEST_F(ShortagesTest, name_the_address_whose_ports_are_used_up_and_for_which_protocol) {
    World world{plan()};
    const Position mn = add(world, 7);
    const auto first = world.send({mn, 5000, Protocol::tcp}, gn, path_to_gn, syn);
    ASSERT_TRUE(first);
    ASSERT_EQ(send(world, mn, 2 * 64), DropReason::none);
    EXPECT_TRUE(told().empty());
    ASSERT_EQ(send(world, mn, 10), DropReason::napt_no_ports);
    ASSERT_EQ(told().size(), 1U);
    Event expected = shortage(world, Scarce::address_ports, 0);
    expected.public_port.address = first->address;
    expected.protocol = Protocol::udp;
    EXPECT_EQ(told()[0], expected);
    // There is another address, but not for him.
    EXPECT_EQ(send(world, add(world, 8)), DropReason::none);
}

TEST_F(ShortagesTest, tell_when_no_address_has_a_block_left) {
    World world{plan()};
    for (Tenancy tenancy = 1; tenancy <= 4; ++tenancy) {
        ASSERT_EQ(send(world, add(world, tenancy)), DropReason::none);
    }
    const Position late = add(world, 5);
    ASSERT_EQ(send(world, late, 10), DropReason::napt_no_ports);
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told()[0], shortage(world, Scarce::addresses, 0));
}

TEST_F(ShortagesTest, tell_which_table_is_full) {
    Bindings::Plan small = plan();
    small.mappings = 2;
    small.sessions = 3;
    World world{small};
    const Position mn = add(world, 7);
    ASSERT_EQ(send(world, mn, 2), DropReason::none);
    ASSERT_EQ(send(world, mn, 4), DropReason::napt_no_memory);
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told()[0], shortage(world, Scarce::mappings, 2));
    ASSERT_TRUE(world.send({mn, 1}, other_gn, path_to_gn));
    ASSERT_EQ(send(world, mn, 4), DropReason::napt_no_memory);
    ASSERT_EQ(told().size(), 2U);
    EXPECT_EQ(told()[1], shortage(world, Scarce::sessions, 3));
}

TEST_F(ShortagesTest, are_told_to_nobody_where_there_are_no_records) {
    Bindings::Plan silent = plan();
    silent.events = nullptr;
    World world{silent};
    EXPECT_EQ(send(world, add(world, 7, {.ports = 1}), 2), DropReason::napt_port_quota);
}

}  // namespace
}  // namespace ntm::napt
