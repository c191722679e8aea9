// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/napt_event_rings.hpp"

#include <array>

#include <gtest/gtest.h>

namespace ntm::dpdk {
namespace {

napt::Event event(napt::Tenancy tenancy) {
    napt::Event made;
    made.tenancy = tenancy;
    return made;
}

TEST(NaptEventRings, KeepTheOrderOfEachWorker) {
    const auto rings = NaptEventRings::create(2).value();
    rings->of(1).put(event(21));
    rings->of(0).put(event(11));
    rings->of(0).put(event(12));
    std::array<napt::Event, 8> taken;
    ASSERT_EQ(rings->take(taken), 3U);
    EXPECT_EQ(taken[0], event(11));
    EXPECT_EQ(taken[1], event(12));
    EXPECT_EQ(taken[2], event(21));
    EXPECT_EQ(rings->take(taken), 0U);
    EXPECT_EQ(rings->lost(), 0U);
}

TEST(NaptEventRings, CountWhatTheyHaveNoRoomFor) {
    const auto rings = NaptEventRings::create(2).value();
    for (unsigned i = 0; i < NaptEventRings::size + 2; ++i) {
        rings->of(0).put(event(i));
    }
    rings->of(1).put(event(0));
    EXPECT_EQ(rings->lost(), 3U);
    std::vector<napt::Event> taken(std::size_t{2} * NaptEventRings::size);
    EXPECT_EQ(rings->take(taken), NaptEventRings::size);
}

TEST(NaptEventRings, NoWorkerKeepsAnotherWaiting) {
    const auto rings = NaptEventRings::create(2).value();
    for (napt::Tenancy tenancy = 0; tenancy < 4; ++tenancy) {
        rings->of(0).put(event(tenancy));
    }
    rings->of(1).put(event(99));
    std::array<napt::Event, 2> taken;
    ASSERT_EQ(rings->take(taken), 2U);
    ASSERT_EQ(rings->take(taken), 2U);
    EXPECT_EQ(taken[0], event(99));
}

}  // namespace
}  // namespace ntm::dpdk
