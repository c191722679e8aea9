// SPDX-License-Identifier: BSD-3-Clause
// How long sessions live, and what keeps them. U-5, U-6, T-5, I-2, V-1, V-7.
#include "tests/unit/rs-dataplane/napt/bindings_fixture.hpp"

#include <vector>

namespace ntm::napt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct TimeCase {
    const char* what;
    Protocol protocol;
    std::vector<TcpSegment> sent;      // then these go out
    std::vector<TcpSegment> received;  // and these come in
    int seconds_alive;
};

// U-5, T-5, I-2, V-1: alive in the last moment, gone a second later.
TEST(BindingsTimes, sessions_live_as_long_as_the_rfcs_say_and_no_longer) {
    const TcpSegment rst{.sequence = 501, .has_rst = true};
    const TcpSegment fin{.sequence = 501, .acknowledgement = 101, .has_ack = true, .has_fin = true};
    const TcpSegment fin_inside{
        .sequence = 101, .acknowledgement = 501, .has_ack = true, .has_fin = true};
    const TimeCase cases[] = {
        {"UDP", Protocol::udp, {}, {}, 300},
        {"echo", Protocol::icmp, {}, {}, 60},
        {"TCP, SYN only", Protocol::tcp, {}, {}, 240},
        {"TCP, both SYNs", Protocol::tcp, {}, {syn_ack}, 7440},
        {"TCP, both at once", Protocol::tcp, {}, {syn}, 7440},
        {"TCP, one FIN", Protocol::tcp, {}, {syn_ack, fin}, 7440},
        {"TCP, both FINs", Protocol::tcp, {fin_inside}, {syn_ack, fin}, 240},
        {"TCP, RST", Protocol::tcp, {}, {syn_ack, rst}, 240},
    };
    World world{small_plan()};
    for (const TimeCase& one : cases) {
        const Inside inside{world.add(), 5000, one.protocol};
        const auto port = world.send(inside, gn, path_to_gn, syn).value();
        for (const TcpSegment& segment : one.received) {
            EXPECT_TRUE(world.reaches(port, inside, gn, segment));
        }
        for (const TcpSegment& segment : one.sent) {
            EXPECT_TRUE(world.send(inside, gn, path_to_gn, segment));
        }
        world.pass(seconds{one.seconds_alive} - milliseconds{1});
        EXPECT_TRUE(world.reaches(port, inside, gn, data)) << one.what;
        world.pass(milliseconds{1001});
        EXPECT_EQ(world.receive(port, inside, gn, data).error(), DropReason::napt_no_mapping)
            << one.what;
        EXPECT_EQ(world.bindings().usage().sessions, 0U) << one.what;
    }
}

TEST(BindingsTimes, are_as_configured) {
    Bindings::Plan plan = small_plan();
    plan.times = {seconds{7}, seconds{5}, seconds{9}, seconds{11}};
    World world{plan};
    const Inside udp{world.add(), 1, Protocol::udp};
    const Inside echo{udp.subscriber, 1, Protocol::icmp};
    const Inside tcp{udp.subscriber, 1, Protocol::tcp};
    const Inside standing{udp.subscriber, 2, Protocol::tcp};
    for (const Inside& inside : {udp, echo, tcp, standing}) {
        ASSERT_TRUE(world.send(inside, gn, path_to_gn, syn));
    }
    const auto port = world.send(standing, gn, path_to_gn, syn).value();
    ASSERT_TRUE(world.reaches(port, standing, gn, syn_ack));
    for (const std::uint32_t left : {4U, 3U, 2U, 1U, 0U}) {
        EXPECT_EQ(world.bindings().usage().sessions, left);
        world.pass(seconds{left == 4 ? 5 : 2});
    }
}

// U-6, V-7.
TEST_F(BindingsTest, what_is_sent_keeps_a_session_and_what_is_received_does_not) {
    const PublicPort port = open(udp, gn);
    for (int minute = 0; minute < 10; ++minute) {
        world.pass(seconds{60});
        open(udp, gn);
    }
    for (int half = 0; half < 9; ++half) {
        world.pass(seconds{30});
        EXPECT_TRUE(world.reaches(port, udp, gn));
    }
    world.pass(seconds{31});
    EXPECT_FALSE(world.reaches(port, udp, gn));
}

// T-5: a flood of SYNs from sources made up, to an open inside port.
TEST_F(BindingsTest, what_a_stranger_begins_and_leaves_goes_soon) {
    const PublicPort port = open(tcp, gn, exit_path);
    const TcpSegment guess{.sequence = syn.sequence + 1, .acknowledgement = 77, .has_ack = true};
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, syn));
    EXPECT_TRUE(world.send(tcp, other_gn, exit_path, syn_ack));
    world.pass(seconds{7});
    EXPECT_TRUE(world.send(tcp, other_gn, exit_path, syn_ack)) << "once more";
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, guess));
    world.pass(seconds{239});
    EXPECT_EQ(usage().sessions, 1U);
    world.pass(seconds{1});
    EXPECT_EQ(usage().sessions, 0U);
}

// T-5: though nothing follows but the end of the handshake.
TEST_F(BindingsTest, what_a_stranger_begins_stands_when_he_has_the_answer) {
    const PublicPort port = open(tcp, gn, exit_path);
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, syn));
    EXPECT_TRUE(world.send(tcp, other_gn, exit_path, syn_ack));
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, data));
    world.pass(seconds{7439});
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, data));
}

// V-7: a closed inside port that somebody knocks at, and which answers by RST.
TEST_F(BindingsTest, refusals_of_what_nobody_asked_for_keep_nothing) {
    const PublicPort port = open(tcp, gn, exit_path);
    for (int i = 0; i < 11; ++i) {
        world.pass(seconds{20});
        EXPECT_TRUE(world.reaches(port, tcp, other_gn, syn));
        const TcpSegment rst{.acknowledgement = 101, .has_ack = true, .has_rst = true};
        EXPECT_EQ(world.send(tcp, other_gn, exit_path, rst).value(), port) << "it gets there";
    }
    world.pass(seconds{19});
    EXPECT_EQ(usage().sessions, 1U);
    world.pass(seconds{1});
    EXPECT_EQ(usage().sessions, 0U);
}

}  // namespace
}  // namespace ntm::napt
