// SPDX-License-Identifier: BSD-3-Clause
// Identifications of RS-N's IPv4 packets and fragments (RFC 6864 section 5.3.1, RFC 7739).
#include "rs-dataplane/relay/identifications.hpp"

#include <cstddef>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::relay {
namespace {

constexpr std::size_t all_of_ipv4 = std::size_t{1} << 16;

Share worker(WorkerNumber number, WorkerNumber workers) {
    Share share;
    share.worker = number;
    share.workers = workers;
    return share;
}

TEST(Identifications, none_of_ipv4_comes_again_before_all_were_there) {
    Identifications ours{1, worker(0, 1)};
    std::vector<std::uint16_t> first;
    for (std::size_t i = 0; i < all_of_ipv4; ++i) {
        first.push_back(ours.next_ipv4());
    }
    EXPECT_EQ(std::set(first.begin(), first.end()).size(), all_of_ipv4);
    for (const std::uint16_t each : first) {
        ASSERT_EQ(ours.next_ipv4(), each);
    }
}

TEST(Identifications, workers_share_none) {
    std::set<std::uint16_t> seen;
    for (WorkerNumber number = 0; number < 3; ++number) {
        Identifications ours{7, worker(number, 3)};
        for (std::size_t i = 0; i < all_of_ipv4 / 3; ++i) {
            ASSERT_TRUE(seen.insert(ours.next_ipv4()).second);
        }
    }
}

TEST(Identifications, those_seen_do_not_tell_the_next) {
    Identifications ours{1, worker(0, 1)};
    Identifications others{2, worker(0, 1)};
    std::set<std::uint32_t> steps;
    std::size_t alike = 0;
    std::uint32_t before = ours.next_ipv6();
    for (int i = 0; i < 1000; ++i) {
        const std::uint32_t next = ours.next_ipv6();
        steps.insert(next - before);
        alike += next == others.next_ipv6() ? 1 : 0;
        before = next;
    }
    EXPECT_GT(steps.size(), 990U);
    EXPECT_LT(alike, 3U);
}

}  // namespace
}  // namespace ntm::relay
