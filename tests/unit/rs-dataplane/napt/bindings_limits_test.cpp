// SPDX-License-Identifier: BSD-3-Clause
// Who may have how much, and what becomes of it at the end. S-1 (state), U-11, V-4, C-4, C-5, C-8, C-11,
// C-13.
#include "tests/unit/rs-dataplane/napt/bindings_fixture.hpp"

#include <vector>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

// S-1.
TEST_F(BindingsTest, strangers_make_no_state) {
    const PublicPort port = open(udp, gn, exit_path);
    const PublicPort tcp_port = open(tcp, gn, exit_path);
    const auto before = usage();
    for (std::uint16_t i = 1; i < 1000; ++i) {
        const Remote stranger{{{192, 0, 2, static_cast<std::uint8_t>(i)}}, i};
        EXPECT_TRUE(world.reaches(port, udp, stranger));
        EXPECT_TRUE(world.reaches(tcp_port, tcp, stranger, syn));
        EXPECT_FALSE(world.reaches(tcp_port, tcp, stranger, data));
        EXPECT_FALSE(world.reaches({0, i}, udp, stranger));
    }
    EXPECT_EQ(usage(), before);
}

// C-5. All indexes and the room for ports included, of which each mapping has one.
TEST(BindingsLimits, hold_a_mapping_with_a_session_in_256_bytes) {
    constexpr std::uint32_t million = 1'000'000;
    Bindings::Plan plan;
    plan.mappings = plan.sessions = million;
    plan.subscribers = million / 64;
    plan.ipv4 = {.addresses = 16, .first_port = 1024, .blocks_each = 1008, .block_size = 64};
    EXPECT_LE(Bindings::bytes_for(plan), std::size_t{256} * million);
}

// C-4, C-5.
TEST(BindingsLimits, hold_for_each_subscriber_alone) {
    World world{small_plan()};
    const Limits limits{.ports = 100, .sessions = 150, .new_mappings = {100, 100}};
    const Position greedy = world.add(limits);
    const Position modest = world.add(limits);
    const auto open = [&](Position subscriber, std::uint16_t port, const Remote& to) {
        return world.send({subscriber, port, Protocol::udp}, to, path_to_gn);
    };
    for (std::uint16_t port = 1; port <= 100; ++port) {
        ASSERT_TRUE(open(greedy, port, gn));
    }
    for (std::uint16_t port = 101; port < 1000; ++port) {
        ASSERT_EQ(open(greedy, port, gn).error(), DropReason::napt_port_quota);
    }
    for (std::uint16_t port = 1; port <= 50; ++port) {
        ASSERT_TRUE(open(greedy, port, other_gn));
    }
    EXPECT_EQ(open(greedy, 51, other_gn).error(), DropReason::napt_session_quota);
    EXPECT_TRUE(open(greedy, 50, other_gn)) << "an old one goes on";
    for (std::uint16_t port = 1; port <= 100; ++port) {
        ASSERT_TRUE(open(modest, port, gn));
    }
    world.pass(seconds{301});
    EXPECT_EQ(world.bindings().usage(), (Bindings::Usage{.subscribers = 2}));
    ASSERT_TRUE(open(greedy, 7, gn));
}

// Strangers who send SYNs to a port that is open to everybody and answers them.
class Flood {
  public:
    Flood(World& world, const Inside& inside) : world_{world}, inside_{inside} {}

    [[nodiscard]] static Remote stranger(std::uint16_t number) {
        return {{{192, 0, 2, 1}}, number};
    }
    // Of so many; each gets his answer.
    void begin(std::uint16_t count) {
        for (; count > 0; --count) {
            const auto answered = world_.send(inside_, stranger(++begun_), exit_path, syn_ack);
            ASSERT_TRUE(answered) << describe(answered.error()).name;
        }
    }
    [[nodiscard]] std::uint16_t begun() const { return begun_; }

  private:
    World& world_;
    Inside inside_;
    std::uint16_t begun_ = 0;
};

class BindingsFlood : public testing::Test {
  protected:
    static constexpr std::uint32_t most = 10;
    static constexpr std::uint32_t room = 40;
    [[nodiscard]] static Bindings::Plan plan() {
        Bindings::Plan plan = small_plan();
        plan.sessions = room;
        return plan;
    }
    [[nodiscard]] Result<PublicPort, DropReason> open(std::uint16_t own) {
        return world.send({inside.subscriber, own, Protocol::tcp}, gn, exit_path, syn);
    }
    [[nodiscard]] std::uint32_t counted() {
        return world.bindings().subscriber(inside.subscriber).sessions;
    }

    World world{plan()};
    Inside inside{world.add({.sessions = most}), 80, Protocol::tcp};
    PublicPort port = open(80).value();
    Flood flood{world, inside};
};

// S-1, C-5: as many as there may be of his own, and none of them goes.
TEST_F(BindingsFlood, takes_no_session_that_its_subscriber_would_get) {
    flood.begin(1000);
    for (std::uint16_t own = 1; own < most; ++own) {
        flood.begin(100);
        ASSERT_TRUE(open(own));
    }
    EXPECT_EQ(counted(), most);
    EXPECT_EQ(open(most).error(), DropReason::napt_session_quota);
    EXPECT_EQ(world.bindings().usage().unproven, most);
    EXPECT_EQ(world.bindings().usage().sessions, 2 * most);
    for (std::uint16_t own = 1; own < most; ++own) {
        EXPECT_TRUE(open(own));
    }
    EXPECT_TRUE(world.reaches(port, inside, gn, syn_ack));
}

// S-1, C-5.
TEST_F(BindingsFlood, takes_no_session_that_another_would_get) {
    flood.begin(1000);
    const Position other = world.add();
    for (std::uint16_t own = 1; own < room; ++own) {
        ASSERT_TRUE(world.send({other, own, Protocol::udp}, gn, path_to_gn)) << own;
    }
    EXPECT_EQ(
        world.send({other, room, Protocol::udp}, gn, path_to_gn).error(), DropReason::napt_no_memory
    );
    EXPECT_TRUE(world.reaches(port, inside, gn, syn_ack)) << "nor one that he has";
}

// C-5: whether there is room in the table or not.
TEST_F(BindingsFlood, takes_no_way_in_of_anothers_strangers) {
    const Inside other{world.add(), 80, Protocol::tcp};
    const PublicPort its = world.send(other, gn, exit_path, syn).value();
    const auto begin_slowly = [&](std::uint16_t number) {
        return world.send(other, Flood::stranger(number), exit_path, syn_ack).has_value();
    };
    const auto goes_on = [&](std::uint16_t number) {
        return world.reaches(its, other, Flood::stranger(number), data);
    };
    ASSERT_TRUE(begin_slowly(1));
    flood.begin(1000);
    EXPECT_TRUE(goes_on(1));
    ASSERT_TRUE(begin_slowly(2));
    const Position third = world.add();
    for (std::uint16_t own = 0; world.bindings().usage().sessions < room; ++own) {
        ASSERT_TRUE(world.send({third, own, Protocol::udp}, gn, path_to_gn));
    }
    flood.begin(1000);
    EXPECT_TRUE(goes_on(2));
    ASSERT_TRUE(begin_slowly(3)) << "by room that the flood has";
    flood.begin(1000);
    EXPECT_TRUE(goes_on(3));
}

TEST_F(BindingsFlood, ends_the_oldest_that_nobody_has_proven_and_no_other) {
    flood.begin(3);
    ASSERT_TRUE(world.reaches(port, inside, Flood::stranger(1), data)) << "he has the answer";
    EXPECT_EQ(counted(), 2U);
    flood.begin(most - 1);
    EXPECT_TRUE(world.reaches(port, inside, Flood::stranger(1), data));
    EXPECT_EQ(
        world.receive(port, inside, Flood::stranger(2), data).error(), DropReason::napt_no_session
    );
    EXPECT_TRUE(world.reaches(port, inside, Flood::stranger(3), data));
    EXPECT_TRUE(world.reaches(port, inside, Flood::stranger(flood.begun()), data));
}

TEST_F(BindingsFlood, ends_with_the_time_of_each) {
    flood.begin(most);
    world.pass(seconds{239});
    EXPECT_EQ(world.bindings().usage().sessions, 1 + most);
    world.pass(seconds{2});
    EXPECT_EQ(world.bindings().usage().sessions, 0U);
    ASSERT_TRUE(open(80));
    flood.begin(2 * room);
    world.remove(inside.subscriber);
    EXPECT_EQ(world.bindings().usage(), Bindings::Usage{});
}

// C-5: neither a stranger's proof nor an answer makes more than there may be.
TEST_F(BindingsFlood, proves_no_more_than_there_may_be) {
    flood.begin(2);
    for (std::uint16_t own = 1; own < most; ++own) {
        ASSERT_TRUE(open(own));
    }
    const Remote first = Flood::stranger(1);
    EXPECT_EQ(world.receive(port, inside, first, data).error(), DropReason::napt_session_quota);
    EXPECT_EQ(
        world.send(inside, Flood::stranger(3), exit_path, syn_ack).error(),
        DropReason::napt_session_quota
    );
    world.pass(seconds{239});
    ASSERT_TRUE(open(80));
    EXPECT_TRUE(world.send(inside, first, exit_path, syn_ack));
    world.pass(seconds{2});
    EXPECT_EQ(counted(), 1U);
    EXPECT_TRUE(world.reaches(port, inside, first, data)) << "there is room for it again";
    EXPECT_EQ(counted(), 2U);
}

// The only session of the port to which he sent his SYN makes room.
TEST(BindingsLimits, nobody_is_answered_from_another_port_than_he_knows) {
    Bindings::Plan plan = small_plan();
    plan.sessions = 2;
    World world{plan};
    const Inside inside{world.add(), 80, Protocol::tcp};
    ASSERT_TRUE(world.send(inside, gn, exit_path, syn));
    world.pass(seconds{239});
    ASSERT_TRUE(world.send(inside, other_gn, exit_path, syn_ack));
    world.pass(seconds{2});
    ASSERT_TRUE(world.send({inside.subscriber, 1, Protocol::udp}, gn, path_to_gn));
    EXPECT_EQ(
        world.send(inside, gn_other_port, exit_path, syn_ack).error(), DropReason::napt_no_session
    );
}

// C-4.
TEST(BindingsLimits, hold_for_how_fast_ports_are_taken) {
    World world{small_plan()};
    const Inside inside{world.add({.new_mappings = {10, 20}}), 1, Protocol::udp};
    const auto open_many = [&] {
        int opened = 0;
        for (std::uint16_t port = 1; port <= 200; ++port) {
            const auto got = world.send({inside.subscriber, port, Protocol::udp}, gn, path_to_gn);
            opened += got ? 1 : 0;
            EXPECT_TRUE(got || got.error() == DropReason::napt_mapping_rate);
        }
        return opened;
    };
    EXPECT_EQ(open_many(), 20);
    world.pass(seconds{1});
    EXPECT_EQ(open_many(), 30) << "the old ones, and ten";
}

// C-11, C-13, U-11, V-4.
TEST(BindingsLimits, all_ports_can_be_had_and_then_all_sessions_go_on) {
    Bindings::Plan plan = small_plan();
    plan.ipv4 = {.addresses = 2, .first_port = 1024, .blocks_each = 4, .block_size = 64};
    World world{plan};
    const Limits any{.ports = 10'000, .new_mappings = {10'000, 10'000}};
    const Position first = world.add(any);
    const Position second = world.add(any);
    const auto fill = [&](Position subscriber) {
        std::uint16_t port = 0;
        auto got = world.send({subscriber, 1, Protocol::udp}, gn, path_to_gn);
        while (got) {
            ++port;
            got = world.send(
                {subscriber, static_cast<std::uint16_t>(port + 1), Protocol::udp}, gn, path_to_gn
            );
        }
        EXPECT_EQ(got.error(), DropReason::napt_no_ports);
        return port;
    };
    EXPECT_EQ(fill(first), 256) << "all of one address, and none of the other";
    EXPECT_EQ(fill(second), 256);
    const Inside another{world.add(any), 1, Protocol::udp};
    EXPECT_EQ(world.send(another, gn, path_to_gn).error(), DropReason::napt_no_ports);
    EXPECT_EQ(
        world.send({another.subscriber, 1, Protocol::tcp}, gn, path_to_gn, syn).error(),
        DropReason::napt_no_ports
    ) << "each block is a subscriber's";
    for (const Position subscriber : {first, second}) {
        for (std::uint16_t port = 1; port <= 256; ++port) {
            const Inside inside{subscriber, port, Protocol::udp};
            const auto its = world.send(inside, gn, path_to_gn);
            ASSERT_TRUE(its && world.reaches(*its, inside, gn));
            ASSERT_EQ(world.send(inside, other_gn, path_to_gn).value(), *its);
        }
    }
}

TEST(BindingsLimits, without_memory_nothing_old_is_given_up) {
    Bindings::Plan plan = small_plan();
    plan.mappings = 10;
    plan.sessions = 15;
    World world{plan};
    const Position mn = world.add();
    for (std::uint16_t port = 1; port <= 10; ++port) {
        ASSERT_TRUE(world.send({mn, port, Protocol::udp}, gn, path_to_gn));
    }
    EXPECT_EQ(
        world.send({mn, 11, Protocol::udp}, gn, path_to_gn).error(), DropReason::napt_no_memory
    );
    for (std::uint16_t port = 1; port <= 5; ++port) {
        ASSERT_TRUE(world.send({mn, port, Protocol::udp}, other_gn, path_to_gn));
    }
    EXPECT_EQ(
        world.send({mn, 6, Protocol::udp}, other_gn, path_to_gn).error(), DropReason::napt_no_memory
    );
    EXPECT_EQ(world.bindings().usage().sessions, 15U);
    for (std::uint16_t port = 1; port <= 10; ++port) {
        ASSERT_TRUE(world.send({mn, port, Protocol::udp}, gn, path_to_gn));
    }
}

// C-8.
TEST_F(BindingsTest, a_subscribers_ports_rest_before_another_one_gets_them) {
    Bindings::Plan plan = small_plan();
    plan.ipv4 = {.addresses = 1, .first_port = 1024, .blocks_each = 1, .block_size = 64};
    World one_block{plan};
    const Position first = one_block.add();
    const Inside second{one_block.add(), 1, Protocol::udp};
    ASSERT_TRUE(one_block.send({first, 1, Protocol::udp}, gn, path_to_gn));
    one_block.remove(first);
    EXPECT_EQ(one_block.bindings().usage(), (Bindings::Usage{.subscribers = 1}));
    one_block.pass(seconds{119});
    EXPECT_EQ(one_block.send(second, gn, path_to_gn).error(), DropReason::napt_no_ports);
    one_block.pass(seconds{1});
    EXPECT_TRUE(one_block.send(second, gn, path_to_gn));
}

TEST_F(BindingsTest, with_a_subscriber_all_that_is_his_goes_and_nothing_else) {
    const Position other = world.add();
    const PublicPort kept = open({other, 5000, Protocol::udp}, gn);
    const auto before = usage();
    const Position leaving = world.add();
    std::vector<PublicPort> ports;
    for (std::uint16_t port = 1; port <= 100; ++port) {
        for (std::uint16_t remote = 1; remote <= 5; ++remote) {
            ports.push_back(open({leaving, port, Protocol::udp}, {gn_address, remote}, exit_path));
        }
    }
    world.remove(leaving);
    EXPECT_EQ(usage(), before);
    for (const PublicPort port : ports) {
        EXPECT_EQ(world.receive(port, udp, gn).error(), DropReason::napt_no_mapping);
    }
    EXPECT_TRUE(world.reaches(kept, {other, 5000}, gn));
    EXPECT_EQ(world.add(), leaving) << "the place is free again";
    EXPECT_TRUE(world.send({leaving, 1, Protocol::udp}, gn, path_to_gn));
}

TEST(BindingsPlan, there_are_as_many_subscribers_as_planned) {
    Bindings::Plan plan = small_plan();
    plan.subscribers = 2;
    World world{plan};
    static_cast<void>(world.add());
    static_cast<void>(world.add());
    EXPECT_FALSE(world.bindings().add_subscriber({}, {}, {}));
}

TEST_F(BindingsTest, tending_takes_as_many_records_as_it_is_told) {
    for (std::uint16_t port = 1; port <= 100; ++port) {
        open({mn, port, Protocol::udp}, gn);
    }
    const Instant later = world.now() + seconds{400};
    for (std::uint32_t left = 100; left > 0; left -= 10) {
        EXPECT_EQ(usage().sessions, left);
        world.bindings().tend(later, 10);
    }
    EXPECT_EQ(usage(), (Bindings::Usage{.subscribers = 1}));
}

TEST(BindingsPlan, a_session_with_its_mapping_takes_256_bytes_at_most) {
    Bindings::Plan plan;
    plan.subscribers = 1;
    plan.mappings = plan.sessions = 1'000'000;
    constexpr std::size_t per_port = protocol_count * sizeof(Position);
    EXPECT_LE(Bindings::bytes_for(plan) / 1'000'000 + per_port, 256U);
}

}  // namespace
}  // namespace ntm::napt
