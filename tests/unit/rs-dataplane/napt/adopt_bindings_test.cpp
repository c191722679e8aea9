// SPDX-License-Identifier: BSD-3-Clause
// Bindings that go on with what an earlier process has left: all of it whenever that one was killed, and
// nothing that does not check. C-8, F-14, F-43.
#include "tests/unit/rs-dataplane/napt/adopt_fixture.hpp"
#include "tests/unit/rs-dataplane/napt/every_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

TEST_F(AdoptBindings, goes_on_with_all_that_there_was) {
    const Position one = add(1);
    const Position two = add(2);
    const Inside tcp{one, 5000, Protocol::tcp};
    const PublicPort port = send(tcp, gn);
    send(tcp, other_gn, exit_path);
    send({one, 5000, Protocol::udp, Family::ipv6}, gn);
    send({two, 77, Protocol::icmp}, gn);

    const auto second = adopted();
    EXPECT_EQ(adoption, (Adoption{.subscribers = 2, .sessions = 4}));
    EXPECT_EQ(look_at(*second), look_at(*first));
    EXPECT_EQ(second->usage(), first->usage());
    const auto answer = second->lookup(World::outside_tuple(port, tcp, gn));
    EXPECT_EQ(
        second->inbound(answer, syn_ack, now).value(), (InsideEndpoint{one, 5000, path_to_gn.id})
    );
    // One more of the same inside port has the same public one, and another subscriber has none of it.
    const auto wanted = second->lookup(World::inside_tuple(tcp, gn_other_port));
    EXPECT_EQ(second->outbound(wanted, path_to_gn, syn, now).value(), port);
}

// S-1, C-5.
TEST_F(AdoptBindings, what_a_stranger_has_begun_still_makes_room) {
    const Position one = add(1);
    const Inside tcp{one, 5000, Protocol::tcp};
    send(tcp, gn, exit_path);
    for (std::uint32_t port = 1; port < plan.sessions; ++port) {
        send(tcp, {other_address, static_cast<std::uint16_t>(port)}, exit_path, syn_ack);
    }
    const auto second = adopted();
    EXPECT_EQ(second->usage().sessions, plan.sessions);
    EXPECT_EQ(second->subscriber(one).sessions, 1U);
    second->welcome(one, {}, 0, now);
    const auto wanted = second->lookup(World::inside_tuple({one, 5001, Protocol::udp}, gn));
    EXPECT_TRUE(second->outbound(wanted, path_to_gn, {}, now));
    EXPECT_EQ(second->usage().sessions, plan.sessions);
}

// C-8.
TEST_F(AdoptBindings, a_block_that_somebody_had_rests_before_another_gets_it) {
    const Position one = add(1);
    const Position two = add(2);
    send({one, 5000, Protocol::udp}, gn);
    first->remove_subscriber(one, now);
    now += seconds{100};
    send({two, 5000, Protocol::udp}, gn);
    first->give_up(two);  // killed before his sessions had ended
    const std::size_t blocks = plan.ipv4.addresses * plan.ipv4.blocks_each;

    const auto second = adopted();
    EXPECT_EQ(adoption, (Adoption{.given_up = 1}));
    const auto free = [&] {
        return second->blocks(Family::ipv4, now).free;
    };
    EXPECT_EQ(free(), blocks - 2);
    now += seconds{20};
    EXPECT_EQ(free(), blocks - 1) << "rests since it was given back";
    now += seconds{99};
    EXPECT_EQ(free(), blocks - 1);
    now += seconds{1};
    EXPECT_EQ(free(), blocks) << "rests since the new process began";
}

TEST_F(AdoptBindings, a_subscriber_is_told_of_again_when_he_is_welcomed) {
    class Events final : public EventSink {
      public:
        void put(const Event& event) noexcept override { events.push_back(event); }
        std::vector<Event> events;
    } events;
    const Position one = add(1);
    const PublicPort port = send({one, 5000, Protocol::udp}, gn);
    plan.events = &events;
    const auto second = adopted();
    EXPECT_TRUE(events.events.empty());
    second->welcome(one, {.ports = 7}, 42, now);
    EXPECT_EQ(second->subscriber(one).limits.ports, 7U);
    ASSERT_EQ(events.events.size(), 1U);
    EXPECT_EQ(events.events[0].kind, Event::Kind::block_taken);
    EXPECT_EQ(events.events[0].tenancy, 42U);
    EXPECT_EQ(events.events[0].public_port.address, port.address);
}

TEST_F(AdoptBindings, whenever_it_is_killed_it_is_as_before_or_after_what_it_was_doing) {
    const Inside tcp{0, 5000, Protocol::tcp};
    const std::vector<std::function<void()>> history{
        [&] { add(1); },
        [&] { add(2); },
        [&] { send(tcp, gn); },
        [&] { send(tcp, other_gn, exit_path); },
        [&] {
            send({1, 5000, Protocol::udp, Family::ipv6}, gn);
        },
        [&] { send(tcp, gn, path_to_gn, data); },
        [&] { send(tcp, gn, exit_path, data); },
        [&] { static_cast<void>(first->end_sessions(0, 1, now)); },
        [&] { static_cast<void>(first->end_sessions(0, 1, now)); },
        [&] {
            send({1, 7, Protocol::icmp}, gn);
        },
        [&] { first->give_up(1); },
        [&] { add(3); },
    };
    KeptStore progress{sizeof(std::size_t)};
    std::size_t& done = progress[tables::KeptLayout::Part<std::size_t>{0, 1}].front();
    std::size_t looks = 0;
    std::vector<std::set<std::size_t>> sessions(history.size());
    const auto look = [&] {
        if (done == history.size() || !copied->copy(*store)) {
            return;
        }
        const auto second = adopt_copy();
        // Of a subscriber who is given up there are sessions that nobody has.
        EXPECT_TRUE(adoption.given_up == 0 || done >= 10);
        EXPECT_EQ(look_at(*second).flows.size(), adoption.sessions);
        sessions[done].insert(adoption.sessions);
        ++looks;
    };
    const auto run = [&] {
        for (const auto& step : history) {
            step();
            tables::keep_order();
            ++done;
        }
    };
    if (!between_instructions(run, look)) {
        GTEST_SKIP() << "ptrace is not allowed";
    }
    EXPECT_GT(looks, 100U);
    const std::vector<std::set<std::size_t>> expected{
        {0}, {0}, {0, 1}, {1, 2}, {2, 3}, {3}, {3}, {3, 2}, {2, 1}, {1, 2}, {2, 0}, {0}};
    EXPECT_EQ(sessions, expected);
}

TEST_F(AdoptBindings, what_is_not_as_it_was_written_is_given_up_and_counted) {
    const Position one = add(1);
    for (std::uint16_t port = 1; port <= 4; ++port) {
        send({one, port, Protocol::tcp}, gn);
    }
    constexpr std::size_t checked = 32;  // bytes at the front of a session
    unsigned adopted_all = 0;
    for (std::size_t bit = 0; bit < checked * 8; ++bit) {
        copied->copy(*store);
        auto* const bytes = reinterpret_cast<std::uint8_t*>(&(*copied)[parts.sessions][2]);
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
        const auto second = adopt_copy();
        EXPECT_EQ(adoption.sessions + adoption.given_up, 4U);
        EXPECT_GE(adoption.sessions, 3U);
        adopted_all += adoption.sessions == 4 ? 1 : 0;
    }
    EXPECT_LE(adopted_all, 3U) << "the check has eight bits";

    copied->copy(*store);
    (*copied)[parts.subscribers][one].ipv4.bytes[3] ^= 4;
    const auto second = adopt_copy();
    EXPECT_EQ(adoption, (Adoption{.given_up = 5})) << "with him all that was his";
    EXPECT_EQ(second->blocks(Family::ipv4, now).free, 7U);
}

// Each is complete by itself.
TEST_F(AdoptBindings, of_what_can_not_be_at_once_the_first_counts) {
    const Position one = add(1);
    const Position two = add(2);
    const Inside tcp{one, 5000, Protocol::tcp};
    send(tcp, gn);
    send({two, 5000, Protocol::tcp}, gn);
    send(tcp, other_gn);
    using Lie = void (*)(Session&, const Session& of_two);
    const std::map<std::string, Lie> lies{
        {"another's port",
         [](Session& lie, const Session& of_two) {
             lie.public_port = of_two.public_port;
             lie.inside_port = 9;
         }},
        {"a port of another's block",
         [](Session& lie, const Session& of_two) {
             lie.public_port = of_two.public_port;
             lie.public_port.port ^= 1;
             lie.inside_port = 9;
         }},
        {"two ports for one inside port",
         [](Session& lie, const Session&) {
             lie.public_port.port ^= 1;
         }},
        {"a port of no block",
         [](Session& lie, const Session&) {
             lie.public_port.port = 9;
             lie.inside_port = 9;
         }},
        {"an address that is not ours",
         [](Session& lie, const Session&) {
             lie.public_port.address = 2;
             lie.inside_port = 9;
         }},
        {"nobody's",
         [](Session& lie, const Session&) {
             lie.subscriber = 3;
         }},
        {"out of all bounds",
         [](Session& lie, const Session&) {
             lie.subscriber = nowhere;
         }},
        {"there is such a one already",
         [](Session& lie, const Session&) {
             lie.remote = gn.padded();
         }},
        {"of no family",
         [](Session& lie, const Session&) {
             lie.family = Family{7};
         }},
        {"of no protocol",
         [](Session& lie, const Session&) {
             lie.protocol = Protocol{3};
         }},
        {"of no filter",
         [](Session& lie, const Session&) {
             lie.filter = Filter{3};
         }},
    };
    for (const auto& [what, lie] : lies) {
        copied->copy(*store);
        Session& session = (*copied)[parts.sessions][2];
        lie(session, (*copied)[parts.sessions][1]);
        session.seal = session.check();
        const auto second = adopt_copy();
        EXPECT_EQ(adoption, (Adoption{.subscribers = 2, .sessions = 2, .given_up = 1})) << what;
        EXPECT_EQ(second->usage().sessions, 2U) << what;
    }
}

TEST_F(AdoptBindings, nothing_stays_longer_than_it_could_have) {
    const Position one = add(1);
    send({one, 5000, Protocol::udp}, gn);
    copied->copy(*store);
    (*copied)[parts.sessions][0].expires = UINT32_MAX;
    const auto second = adopt_copy();
    EXPECT_EQ(adoption.sessions, 1U);
    second->tend(now + seconds{7442}, UINT32_MAX);
    EXPECT_EQ(second->usage().sessions, 0U);
}

}  // namespace
}  // namespace ntm::napt
