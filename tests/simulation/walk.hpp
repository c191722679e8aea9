// SPDX-License-Identifier: BSD-3-Clause
// A walk through everything that may happen to a world, in steps that a source of decisions draws:
// a seeded generator, or a fuzzer's bytes. Nodes move, programs are killed, frozen and started
// again, nodes are removed and provisioned, NATs forget, packets are lost, doubled, held up, turned
// and cut off, an attacker replays, forges and invents. The model is asked after each step.
#pragma once

#include "tests/simulation/model.hpp"
#include "tests/simulation/world/replayer.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace ntm::simulation {

class Walk {
  public:
    // `seed` is the world's own randomness. The DC's store is SQLite's, or `store`, which outlives this.
    Walk(std::uint64_t seed, RandomSource& decisions, dc::Store* store = nullptr);

    // Everybody starts, and the three nodes meet.
    void begin();
    // One event and some time after it.
    void step();
    // Ten minutes and more at once, so that what is ten minutes late arrives and paths are released.
    void pass_long();
    // What is down comes up, every ill heals, everybody reaches everybody, and all agree.
    void end();

    [[nodiscard]] bool is_sound() const;
    [[nodiscard]] const Model& model() const noexcept { return model_; }
    [[nodiscard]] const World& world() const noexcept { return world_; }
    // From the last ill's end to when all nodes reached one another.
    [[nodiscard]] Duration healing() const noexcept { return healing_; }
    // The first breaches, and what was done before them.
    [[nodiscard]] std::string report() const;

  private:
    static constexpr std::size_t place_count = 5;
    static constexpr std::size_t node_count = 3;

    [[nodiscard]] Duration between(Duration least, Duration most);
    [[nodiscard]] bool one_in(std::uint64_t count) { return decisions_.below(count) == 0; }
    [[nodiscard]] SimNode& any_node(std::size_t& which);
    void run(Duration duration);

    void talk();
    void probe(SimNode& from, SimNode& to, std::size_t size);
    void ask(std::size_t from, std::size_t to);

    void do_something();
    void move();
    void interrupt();
    void freeze();
    void change_weather();
    void cut();
    void cut_family();
    void narrow();
    void rebind();
    void attack();
    void reprovision();
    void provision(std::size_t which, std::size_t ill);
    [[nodiscard]] Unaware unaware_of(const SimRelay& relay) const;
    [[nodiscard]] static Unaware unaware_of(const Station& /*other*/) { return {}; }
    template <typename Program>
    void kill(Program& program, Ill ill);

    RandomSource& decisions_;
    World world_;
    Model model_;
    Replayer attacker_;
    std::array<World::NamedNode, node_count> nodes_;
    std::array<std::size_t, node_count> places_{};
    Duration healing_{0};
};

}  // namespace ntm::simulation
