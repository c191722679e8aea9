// SPDX-License-Identifier: BSD-3-Clause
// Whatever a process has left at random, the next one has the same. C-8, F-43.
#include "tests/unit/rs-dataplane/napt/adopt_fixture.hpp"

#include <vector>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

class AdoptRandomBindings : public AdoptBindings {
  protected:
    AdoptRandomBindings() : AdoptBindings{small_plan()} {}
};

TEST_F(AdoptRandomBindings, whatever_there_was_the_same_is_there_after_it) {
    SeededRandom dice{7};
    std::vector<Position> who;
    for (std::uint32_t number = 1; number <= 6; ++number) {
        who.push_back(add(number));
    }
    for (int step = 0; step < 4000; ++step) {
        const Inside from{
            who[dice.below(who.size())],
            static_cast<std::uint16_t>(1 + dice.below(50)),
            static_cast<Protocol>(dice.below(3)),
            dice.below(4) == 0 ? Family::ipv6 : Family::ipv4};
        const Remote to{gn_address, static_cast<std::uint16_t>(1 + dice.below(5))};
        const Path& path = dice.below(2) == 0 ? path_to_gn : exit_path;
        // It may find no port: those of who has left rest.
        const auto wanted = first->lookup(World::inside_tuple(from, to));
        static_cast<void>(first->outbound(wanted, path, syn, now));
        if (dice.below(10) == 0) {
            now += seconds{dice.below(30)};
            first->tend(now, UINT32_MAX);
        }
        if (dice.below(200) == 0) {
            Position& leaving = who[dice.below(who.size())];
            first->remove_subscriber(leaving, now);
            leaving = add(static_cast<std::uint32_t>(10 + step % 200));
        }
        if (step % 100 == 99) {
            const auto second = adopted();
            ASSERT_EQ(adoption.given_up, 0U);
            ASSERT_EQ(look_at(*second), look_at(*first));
            ASSERT_EQ(second->usage(), first->usage());
            ASSERT_EQ(
                second->blocks(Family::ipv4, now).free, first->blocks(Family::ipv4, now).free
            );
            // And what it makes of it is whole again.
            const Adoption once = adoption;
            static_cast<void>(adopt_copy());
            ASSERT_EQ(adoption, once);
        }
    }
}

}  // namespace
}  // namespace ntm::napt
