// SPDX-License-Identifier: BSD-3-Clause
// The whole simulated world, walked through by the input: each byte is one decision of
// tests/simulation/walk.hpp, of what happens to whom and for how long. S-3, S-4, S-10, X-1, F-1, F-2,
// F-3, F-5, F-31: after every step no rule may be broken and nothing may differ from the reference
// model, and if the first byte says so, the world has to heal in the end.
#include "tests/fuzz/target.hpp"
#include "tests/simulation/eal.hpp"
#include "tests/simulation/walk.hpp"

namespace ntm::fuzz {

namespace {

constexpr unsigned most_steps = 6;

// A byte for each draw; it is spread, so that it chooses among any number of things.
class Decisions final : public RandomSource {
  public:
    explicit Decisions(Input& input) noexcept : input_{input} {}
    void fill(MutableByteView bytes) override { SeededRandom{input_.byte()}.fill(bytes); }

  private:
    Input& input_;
};

void check(const simulation::Walk& walk) {
    if (!walk.is_sound()) {
        std::fputs(walk.report().c_str(), stderr);
        demand(false, "the world keeps its rules, and to its model");
    }
}

}  // namespace

void set_up() {
    demand(simulation::start_eal("fuzz"), "EAL starts");
}

void run(ByteView bytes) {
    Input input{bytes};
    const bool has_end = input.byte() % 16 == 0;  // costs as much as all else
    Decisions decisions{input};
    simulation::Walk walk{1, decisions};
    walk.begin();
    for (unsigned i = 0; i < most_steps && !input.is_empty(); ++i) {
        walk.step();
        check(walk);
    }
    if (has_end) {
        walk.end();
    }
    check(walk);
}

}  // namespace ntm::fuzz
