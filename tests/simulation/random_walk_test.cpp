// SPDX-License-Identifier: BSD-3-Clause
// Whatever happens, in whatever order: nodes move, programs are killed and started again, NATs
// forget, packets are lost, doubled, held up, replayed and forged. After every step no rule may be
// broken, and when it has been quiet for 15 s both nodes reach each other again, unaided.
#include "tests/simulation/world/checks.hpp"
#include "tests/simulation/world/replayer.hpp"
#include "tests/simulation/world/seeds.hpp"

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RandomWalk {
  public:
    struct Sums {
        Duration healing{0};
        std::uint64_t data_packets = 0;
        std::uint64_t delivered = 0;
        std::size_t secrets = 0;
    };
    explicit RandomWalk(std::uint64_t seed)
        : random_{seed * 31}, world_{{.seed = seed}}, attacker_{world_} {}

    // Ends early at the first broken rule.
    void play(unsigned steps) {
        places_ = {random_.below(place_count), random_.below(place_count)};
        world_.start_all({places_[0], places_[1]});
        static_cast<void>(world_.resolve(world_.mn, world_.cn, seconds{5}));
        for (unsigned i = 0; i < steps && world_.breaches().empty(); ++i) {
            keep_talking();
            step();
            world_.run(between(milliseconds{10}, seconds{2}));
        }
        world_.trace.note(world_.events.now(), "quiet");
        calm_down();
        expect_healing();
        expect_sound(world_);
    }

    [[nodiscard]] const Sums& sums() const noexcept { return sums_; }

  private:
    static constexpr std::size_t place_count = 5;

    [[nodiscard]] Duration between(Duration least, Duration most) {
        const auto range = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + Duration{static_cast<Duration::rep>(random_.below(range))};
    }

    void keep_talking() {
        const Duration pause = between(milliseconds{20}, milliseconds{400});
        world_.stream(world_.mn, world_.cn, random_.below(10), pause);
        world_.stream(world_.cn, world_.mn, random_.below(10), pause);
        if (random_.below(4) == 0 && world_.cn.is_running()) {
            static_cast<void>(world_.cn.ask(World::mn_name));
        }
    }

    void step() {
        switch (random_.below(8)) {
            case 0:
            case 1:
                move(random_.below(2));
                return;
            case 2:
                interrupt(world_.relay);
                return;
            case 3:
                interrupt(world_.dc);
                return;
            case 4:
                random_.below(2) == 0 ? interrupt(world_.mn) : interrupt(world_.cn);
                return;
            case 5:
                change_weather();
                return;
            case 6:
                world_.network.rebind(places_[random_.below(2)]);
                return;
            default:
                attacker_.replay(random_.below(60), random_.below(2) == 0, random_);
                attacker_.forge(random_.below(20), random_);
                return;
        }
    }

    void move(std::size_t which) {
        SimNode& node = which == 0 ? world_.mn : world_.cn;
        const std::size_t from = places_[which];
        const std::size_t to = (from + 1 + random_.below(place_count - 1)) % place_count;
        places_[which] = to;
        if (random_.below(2) == 0) {
            world_.join(node, to);
            world_.run(between(Duration{0}, seconds{1}));
            world_.leave(node, from);
            return;
        }
        world_.leave(node, from);
        world_.run(between(Duration{0}, seconds{3}));
        world_.join(node, to);
    }

    template <typename Program>
    void interrupt(Program& program) {
        if (!program.is_running()) {
            return;
        }
        program.kill();
        world_.events.in(between(Duration{0}, seconds{5}), [&program] {
            if (!program.is_running()) {
                program.start();
            }
        });
    }

    void change_weather() {
        Weather weather;
        weather.loss_permille = static_cast<unsigned>(random_.below(1001));
        weather.duplicate_permille = static_cast<unsigned>(random_.below(1001));
        weather.copies = static_cast<unsigned>(1 + random_.below(5));
        weather.jitter = between(Duration{0}, milliseconds{300});
        world_.network.set_weather(weather);
        world_.events.in(between(milliseconds{50}, seconds{3}), [this] {
            world_.network.set_weather({});
        });
    }

    // Whatever is down comes up; from here on nothing disturbs.
    void calm_down() {
        world_.run(seconds{5});
        world_.network.set_weather({});
    }

    void expect_healing() {
        const Instant from = world_.events.now();
        const auto there = world_.stream(world_.mn, world_.cn, 150, milliseconds{100});
        const auto back = world_.stream(world_.cn, world_.mn, 150, milliseconds{100});
        const auto has_echo = [this](const std::vector<std::uint64_t>& numbers) {
            return std::ranges::any_of(numbers, [this](std::uint64_t number) {
                return world_.ledger.entry(number).echoed.has_value();
            });
        };
        EXPECT_TRUE(
            world_.run_until([&] { return has_echo(*there) && has_echo(*back); }, seconds{10})
        ) << "mn at place "
          << places_[0] << ", cn at place " << places_[1];
        sums_.healing = world_.events.now() - from;
        world_.run(seconds{2});
        // Nothing is left behind at the relay that the DC does not know.
        EXPECT_LE(world_.relay.director().paths().size(), world_.dc.path_count());
        sums_.data_packets = world_.secrets.packets();
        sums_.secrets = world_.secrets.secrets();
        sums_.delivered = static_cast<std::uint64_t>(std::ranges::count_if(
            world_.ledger.entries(),
            [](const Ledger::Entry& entry) { return entry.delivered.has_value(); }
        ));
    }

    SeededRandom random_;
    World world_;
    Replayer attacker_;
    std::array<std::size_t, 2> places_{};
    Sums sums_;
};

// S-10, X-1, F-31.
TEST(RandomWalkTest, no_rule_is_broken_and_everything_heals) {
    RandomWalk::Sums all;
    const auto chosen = seeds(150);
    for (const std::uint64_t seed : chosen) {
        SCOPED_TRACE(replay_hint(seed));
        RandomWalk walk{seed};
        walk.play(15);
        all.healing = std::max(all.healing, walk.sums().healing);
        all.data_packets += walk.sums().data_packets;
        all.delivered += walk.sums().delivered;
        all.secrets += walk.sums().secrets;
        if (testing::Test::HasFailure()) {
            break;
        }
    }
    std::printf(
        "%zu walks of 15 steps: %lu DATA packets under %zu secrets, %lu inner packets delivered;\n"
        "both ways ran at most %.0f ms after 5 s of quiet\n",
        chosen.size(),
        all.data_packets,
        all.secrets,
        all.delivered,
        in_ms(all.healing)
    );
    // A walk in which nothing happens would prove nothing.
    EXPECT_GT(all.delivered, chosen.size() * 20);
    EXPECT_GE(all.secrets, chosen.size());
}

}  // namespace
}  // namespace ntm::simulation
