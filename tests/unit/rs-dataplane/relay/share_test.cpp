// SPDX-License-Identifier: BSD-3-Clause
// Subscribers and ports of an RS-N with several workers.
#include "rs-dataplane/relay/share.hpp"

#include <initializer_list>
#include <set>

#include <gtest/gtest.h>

namespace ntm::relay {
namespace {

constexpr PublicSettings side{{}, 20000, 20511};

napt::Bindings::Plan whole() {
    napt::Bindings::Plan plan;
    plan.subscribers = 10;
    plan.mappings = 256;
    plan.sessions = 257;
    plan.ipv4 = {2, 20000, 8, 64};
    plan.ipv6 = {1, 20000, 8, 64};
    return plan;
}

TEST(Share, EveryPortIsOfTheWorkerWhosePlanHasIt) {
    for (const auto workers : std::initializer_list<WorkerNumber>{1, 2, 4, 8}) {
        std::set<unsigned> ports;
        for (WorkerNumber worker = 0; worker < workers; ++worker) {
            const Share share{worker, workers};
            const napt::PortBlocks::Plan plan = plan_of(share, whole()).ipv4;
            for (std::size_t i = 0; i < plan.blocks_each * plan.block_size; ++i) {
                const auto port = static_cast<std::uint16_t>(plan.first_port + i);
                EXPECT_EQ(share.owner_of_port(port, side), worker) << port;
                ports.insert(port);
            }
        }
        EXPECT_EQ(ports.size(), 512U);
        EXPECT_EQ(*ports.begin(), side.first_port);
        EXPECT_EQ(*ports.rbegin(), side.last_port);
    }
}

TEST(Share, PartsAreNoLessThanTheWhole) {
    const napt::Bindings::Plan plan = plan_of({1, 4}, whole());
    EXPECT_EQ(plan.subscribers, 3U);
    EXPECT_EQ(plan.mappings, 64U);
    EXPECT_EQ(plan.sessions, 65U);
    EXPECT_EQ(plan.ipv6.first_port, 20128);
    EXPECT_EQ(plan.ipv4.addresses, 2U);
}

TEST(Share, FragmentsThatWaitArePartedAndOneSourcesAreNot) {
    const Reassembly::Plan plan = plan_of({1, 4}, Reassembly::Plan{1025, 128});
    EXPECT_EQ(plan.fragments, 257U);
    EXPECT_EQ(plan.of_a_source, 128U);
}

TEST(Share, OneSourceOfFragmentsNeverHasAllRoomOfAWorker) {
    const Reassembly::Plan plan = plan_of({1, 8}, Reassembly::Plan{2048, 256});
    EXPECT_EQ(plan.fragments, 256U);
    EXPECT_EQ(plan.of_a_source, 128U);
}

TEST(Share, LongestPacketHasRoomAtEachOfManyWorkers) {
    const Reassembly::Plan plan = plan_of({1, 64}, Reassembly::Plan{2048, 256});
    EXPECT_EQ(plan.fragments, 2U * Reassembly::most_of_a_packet);
    EXPECT_EQ(plan.of_a_source, Reassembly::most_of_a_packet + 1U);
}

TEST(Share, PortThatIsNobodysIsThisWorkers) {
    const Share share{3, 4};
    EXPECT_EQ(share.owner_of_port(19999, side), 3U);
    EXPECT_EQ(share.owner_of_port(20512, side), 3U);
    EXPECT_EQ(share.owner_of(7), 3U);
    EXPECT_EQ(share.owner_of(8), 0U);
}

}  // namespace
}  // namespace ntm::relay
