// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/burst.hpp"

#include "common/base/random.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ntm {
namespace {

// A whole burst whose packets carry their number, all in the lane.
struct Full {
    Full() {
        for (std::size_t i = 0; i < burst_size; ++i) {
            burst.packets[i].slot = static_cast<std::uint32_t>(i);
            lane.add(i);
        }
        burst.count = burst_size;
    }
    Burst burst{};
    Lane lane;
};

std::vector<std::size_t> members(const Lane& lane) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        found.push_back(lane[i]);
    }
    return found;
}

TEST(Lane, DropsWithoutChangingTheOrder) {
    Full full;
    full.lane.apply(full.burst, [](const Packet& packet) {
        return packet.slot % 3 == 1 ? DropReason::too_big : DropReason::none;
    });
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < burst_size; ++i) {
        const Packet& packet = full.burst.packets[i];
        if (i % 3 == 1) {
            EXPECT_EQ(packet.fate, Fate::drop);
            EXPECT_EQ(packet.reason, DropReason::too_big);
        } else {
            EXPECT_EQ(packet.fate, Fate::pending);
            EXPECT_EQ(packet.reason, DropReason::none);
            expected.push_back(i);
        }
    }
    EXPECT_EQ(members(full.lane), expected);
}

TEST(Lane, KeepsTheOrderOverManyStagesOfRandomDrops) {
    constexpr std::uint64_t seed = 7;
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    for (int round = 0; round < 200; ++round) {
        Full full;
        std::vector<std::size_t> expected = members(full.lane);
        while (!full.lane.is_empty()) {
            const std::uint64_t dropped = random.number() & random.number();
            std::vector<std::size_t> visited;
            full.lane.apply(full.burst, [&](const Packet& packet) {
                visited.push_back(packet.slot);
                return (dropped >> packet.slot & 1) != 0 ? DropReason::no_route : DropReason::none;
            });
            ASSERT_EQ(visited, expected);  // each once, in order
            std::erase_if(expected, [&](std::size_t i) { return (dropped >> i & 1) != 0; });
            ASSERT_EQ(members(full.lane), expected);
        }
    }
}

TEST(Lane, DropsAllOrNone) {
    Full full;
    full.lane.apply(full.burst, [](const Packet&) { return DropReason::none; });
    EXPECT_EQ(full.lane.size(), burst_size);
    full.lane.apply(full.burst, [](const Packet&) { return DropReason::fragment; });
    EXPECT_TRUE(full.lane.is_empty());
    full.lane.apply(full.burst, [](const Packet&) {
        ADD_FAILURE() << "a dropped packet was visited";
        return DropReason::none;
    });
}

TEST(Lane, AddsOnlyMembersEvenWhenFull) {
    Lane lane;
    for (std::size_t i = 0; i < burst_size; ++i) {
        lane.add_if(i, i % 2 == 0);
    }
    EXPECT_EQ(lane.size(), burst_size / 2);
    EXPECT_EQ(lane[3], 6);
    Full full;
    full.lane.add_if(0, false);
    EXPECT_EQ(full.lane.size(), burst_size);
    EXPECT_EQ(full.lane[burst_size - 1], burst_size - 1);
    full.lane.clear();
    EXPECT_TRUE(full.lane.is_empty());
}

}  // namespace
}  // namespace ntm
