// SPDX-License-Identifier: BSD-3-Clause
#include "control/watchdog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using Kind = Watchdog::Finding::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

// Two workers, of which any may hang, and a pool of 6400 buffers.
class PlayedPlane : public relay::Observation {
  public:
    [[nodiscard]] std::size_t worker_count() const override { return workers.size(); }
    [[nodiscard]] relay::WorkerView worker(std::size_t i) const override {
        return {static_cast<unsigned>(i) + 1, false, &workers[i]};
    }
    [[nodiscard]] std::size_t port_count() const override { return 0; }
    [[nodiscard]] relay::PortView port(std::size_t) const override { return {}; }
    [[nodiscard]] relay::BufferView buffers() const override { return {6400, free}; }
    [[nodiscard]] relay::PathView path(tables::Slot) const override { return {}; }
    [[nodiscard]] double cycles_per_second() const override { return 1; }

    std::array<relay::WorkerCounters, 2> workers;
    std::uint64_t free = 6400;
};

class WatchdogTest : public testing::Test {
  protected:
    // Everybody but `hanging` turns its loop, then the watchdog looks: "kind worker" of each finding.
    std::vector<std::pair<Kind, unsigned>> look(std::optional<unsigned> hanging = std::nullopt) {
        for (unsigned i = 0; i < plane_.workers.size(); ++i) {
            if (i != hanging) {
                plane_.workers[i].idle_cycles.add(1);
            }
        }
        std::vector<std::pair<Kind, unsigned>> found;
        for (const Watchdog::Finding& finding : watchdog_.look()) {
            found.emplace_back(finding.kind, finding.worker);
        }
        return found;
    }
    // The findings of the last of so many looks; before it there are none.
    std::vector<std::pair<Kind, unsigned>> look_often(
        unsigned looks, std::optional<unsigned> hanging = std::nullopt
    ) {
        for (unsigned i = 1; i < looks; ++i) {
            EXPECT_THAT(look(hanging), IsEmpty()) << "look " << i;
        }
        return look(hanging);
    }

    PlayedPlane plane_;
    Watchdog watchdog_{plane_};
};

// F-13.
TEST_F(WatchdogTest, NamesAStuckWorkerWithinASecondAndSaysWhenItGoesOn) {
    static_assert((Watchdog::patience + 1) * Watchdog::between_looks < std::chrono::seconds{1});
    EXPECT_THAT(look_often(20), IsEmpty());
    EXPECT_THAT(look_often(Watchdog::patience, 1), ElementsAre(std::pair{Kind::stuck, 1U}));
    EXPECT_EQ(watchdog_.stuck(), 1U);
    EXPECT_THAT(look_often(20, 1), IsEmpty());
    EXPECT_THAT(look(), ElementsAre(std::pair{Kind::goes_on, 1U}));
    EXPECT_FALSE(watchdog_.stuck());
}

TEST_F(WatchdogTest, AccusesNobodyWhoOnlyPausesNowAndThen) {
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(look_often(Watchdog::patience - 1, 0), IsEmpty());
        EXPECT_THAT(look(), IsEmpty());
    }
}

// F-32.
TEST_F(WatchdogTest, SaysOnceThatBuffersRunOutAndOnceThatThereAreEnough) {
    plane_.free = 800;
    EXPECT_THAT(look_often(20), IsEmpty());
    plane_.free = 799;
    EXPECT_THAT(look(), ElementsAre(std::pair{Kind::buffers_scarce, 0U}));
    EXPECT_THAT(look_often(20), IsEmpty());
    // A little more is not enough, nor is enough for a moment.
    plane_.free = 1599;
    EXPECT_THAT(look_often(20), IsEmpty());
    plane_.free = 6000;
    EXPECT_THAT(look_often(Watchdog::looks_at_rest - 1), IsEmpty());
    plane_.free = 0;
    EXPECT_THAT(look(), IsEmpty());
    plane_.free = 6000;
    EXPECT_THAT(
        look_often(Watchdog::looks_at_rest), ElementsAre(std::pair{Kind::buffers_enough, 0U})
    );
}

}  // namespace

}  // namespace ntm::control
