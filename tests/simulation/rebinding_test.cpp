// SPDX-License-Identifier: BSD-3-Clause
// F-31. A NAT replaces its mappings without a word, as when it has been switched off and on, while packets
// run: within a second the path goes on, by a relay and directly.
#include "tests/simulation/world/handover.hpp"

#include <cstdio>

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct NatPlace {
    const char* name;
    Place mn_at;
};
constexpr std::array nats{
    NatPlace{"port-restricted", places[1]},
    NatPlace{"symmetric", places[2]},
};

enum class Direction : std::uint8_t { both, up, down };
constexpr std::array directions{
    std::pair{Direction::both, "both ways"},
    std::pair{Direction::up, "up"},
    std::pair{Direction::down, "down"},
};

class RebindingTest : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, RebindingTest, testing::Values(Kind::relayed, Kind::direct));

TEST_P(RebindingTest, is_noticed_within_a_second_while_packets_run) {
    for (const NatPlace& nat : nats) {
        for (const auto& [direction, way] : directions) {
            for (const Duration pause : {Duration{milliseconds{1}}, Duration{milliseconds{100}}}) {
                SCOPED_TRACE(std::string{nat.name} + ", packets " + way);
                HandoverWorld world{GetParam(), nat.mn_at};
                const auto count = static_cast<std::size_t>(Duration{seconds{4}} / pause);
                std::vector<Numbers> streams;
                if (direction != Direction::down) {
                    streams.push_back(world.stream(world.mn, world.cn, count, pause));
                }
                if (direction != Direction::up) {
                    streams.push_back(world.stream(world.cn, world.mn, count, pause));
                }
                world.run(milliseconds{1500});
                const Instant rebound = world.events.now();
                world.network.rebind(world.*nat.mn_at.segment);
                world.run(seconds{5});
                expect_sound(world);
                world.expect_kind();
                for (const Numbers& stream : streams) {
                    const Duration silence = last_lost(world, *stream, rebound);
                    std::printf(
                        "rebinding, %s, %s, %s, each %.0f ms: %.1f ms\n",
                        text_of(GetParam()),
                        nat.name,
                        way,
                        in_ms(pause),
                        in_ms(silence)
                    );
                    EXPECT_LE(silence, seconds{1});
                }
            }
        }
    }
}

}  // namespace
}  // namespace ntm::simulation
