// SPDX-License-Identifier: BSD-3-Clause
// The whole simulated world, walked through by the input: each byte is one decision of
// tests/simulation/walk.hpp, of what happens to whom and for how long. S-3, S-4, S-10, X-1, F-1, F-2,
// F-3, F-5, F-31: after every step no rule may be broken and nothing may differ from the reference
// model, and after some walks the world has to heal in the end.
#include "tests/fuzz/memory_store.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/simulation/eal.hpp"
#include "tests/simulation/walk.hpp"

#include <numeric>

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

// Healing takes twice as long as all else. All bytes choose, so that a corpus, which keeps what reaches
// more, does not fill up with inputs whose every change heals too.
bool has_end(ByteView bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), 0U) % 16 == 0;
}

}  // namespace

void set_up() {
    demand(simulation::start_eal("fuzz"), "EAL starts");
}

void run(ByteView bytes) {
    Input input{bytes};
    static_cast<void>(input.byte());  // there to choose whether the world has to heal
    Decisions decisions{input};
    MemoryStore store;  // SQLite's would cost a sixth of the time
    simulation::Walk walk{1, decisions, &store};
    walk.begin();
    for (unsigned i = 0; i < most_steps && !input.is_empty(); ++i) {
        walk.step();
        check(walk);
    }
    if (has_end(bytes)) {
        walk.end();
    }
    check(walk);
}

}  // namespace ntm::fuzz
