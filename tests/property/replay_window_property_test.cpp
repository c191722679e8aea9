// SPDX-License-Identifier: BSD-3-Clause
// The replay window against a model that remembers every counter.
#include "common/base/random.hpp"
#include "common/crypto/replay_window.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

class Model {
  public:
    [[nodiscard]] bool check(std::uint64_t counter) const {
        const bool is_too_old = any_ && counter + ReplayWindow::size <= highest_;
        return !is_too_old && !taken_.contains(counter);
    }
    void update(std::uint64_t counter) {
        taken_.insert(counter);
        highest_ = any_ ? std::max(highest_, counter) : counter;
        any_ = true;
    }
    [[nodiscard]] std::uint64_t highest() const { return highest_; }

  private:
    std::set<std::uint64_t> taken_;
    std::uint64_t highest_ = 0;
    bool any_ = false;
};

// Near the edge, in reach, at the window's lower end, or a leap ahead.
std::uint64_t draw(RandomSource& random, std::uint64_t highest) {
    const auto back = [&](std::uint64_t distance) {
        return highest > distance ? highest - distance : 0;
    };
    switch (random.below(8)) {
        case 0:
            return back(ReplayWindow::size - 3 + random.below(6));
        case 1:
            return back(random.below(3 * ReplayWindow::size));
        case 2:
            return highest + random.below(70);
        case 3:
            return highest + (random.below(20) == 0 ? random.below(5000) : 1);
        default:
            return back(random.below(100)) + random.below(20);
    }
}

// S-3.
TEST(ReplayWindowProperty, AgreesWithAModelThatForgetsNothing) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SeededRandom random{seed};
        ReplayWindow window;
        Model model;
        for (int step = 0; step < 5000; ++step) {
            const std::uint64_t counter = draw(random, model.highest());
            const bool is_new = window.check(counter);
            ASSERT_EQ(is_new, model.check(counter)) << "seed " << seed << " counter " << counter;
            // Some packets pass the check and then fail their tag: no update.
            if (is_new && random.below(10) != 0) {
                window.update(counter);
                model.update(counter);
            }
        }
    }
}

}  // namespace
}  // namespace ntm::crypto
