// SPDX-License-Identifier: BSD-3-Clause
// Public ports, given out in blocks. U-2, U-3, C-8, C-13, C-15, V-9.
#include "rs-dataplane/napt/port_blocks.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

constexpr PortBlocks::Plan small{
    .addresses = 3, .first_port = 2048, .blocks_each = 5, .block_size = 128};
constexpr std::size_t small_count{15};  // 3 addresses, 5 blocks each
const Instant start{seconds{1000}};

std::vector<BlockNumber> take_all(PortBlocks& blocks, Instant now) {
    std::vector<BlockNumber> taken;
    while (const auto block = blocks.take(now)) {
        taken.push_back(*block);
    }
    return taken;
}

class PortBlocksTest : public testing::Test {
  protected:
    SeededRandom random{1};
    PortBlocks blocks{small, random};
};

TEST_F(PortBlocksTest, every_block_is_given_once_before_there_is_none) {
    const auto taken = take_all(blocks, start);
    EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), small_count);
    EXPECT_EQ(taken.size(), small_count);
    EXPECT_EQ(blocks.free_blocks(start), 0U);
}

TEST_F(PortBlocksTest, every_port_of_a_block_is_given_once_for_each_protocol) {
    std::set<std::pair<PublicAddress, std::uint16_t>> all;
    for (const BlockNumber block : take_all(blocks, start)) {
        for (const Protocol protocol : {Protocol::udp, Protocol::tcp, Protocol::icmp}) {
            std::set<std::uint16_t> ports;
            while (const auto port = blocks.take_port(block, protocol)) {
                EXPECT_EQ(port->address, blocks.address_of(block));
                EXPECT_EQ(blocks.block_of(*port), block);
                ports.insert(port->port);
                all.emplace(port->address, port->port);
            }
            EXPECT_EQ(ports.size(), small.block_size);
            EXPECT_EQ(*ports.begin(), blocks.first_port_of(block));
        }
        EXPECT_EQ(blocks.used(block), 3 * small.block_size);
    }
    EXPECT_EQ(all.size(), small_count * small.block_size) << "no port is in two blocks";
}

TEST_F(PortBlocksTest, a_freed_port_can_be_had_again) {
    const BlockNumber block = blocks.take(start).value();
    while (blocks.take_port(block, Protocol::udp)) {
    }
    const auto port = static_cast<std::uint16_t>(blocks.first_port_of(block) + 77);
    blocks.free_port(block, Protocol::udp, port);
    EXPECT_EQ(blocks.used(block), small.block_size - 1);
    EXPECT_EQ(blocks.take_port(block, Protocol::udp)->port, port);
    EXPECT_FALSE(blocks.take_port(block, Protocol::udp));
}

TEST_F(PortBlocksTest, a_block_that_came_back_rests_for_two_minutes) {
    const BlockNumber first = take_all(blocks, start).front();
    blocks.give_back(first, start);
    EXPECT_FALSE(blocks.take(start + seconds{119}));
    EXPECT_FALSE(blocks.take(blocks.address_of(first), start + seconds{119}));
    EXPECT_EQ(blocks.take(start + seconds{120}), first);
}

TEST_F(PortBlocksTest, another_block_of_the_same_address_can_be_asked_for) {
    for (std::size_t i = 0; i < small.blocks_each; ++i) {
        EXPECT_EQ(blocks.address_of(blocks.take(PublicAddress{1}, start).value()), 1);
    }
    EXPECT_FALSE(blocks.take(PublicAddress{1}, start));
    EXPECT_EQ(blocks.free_blocks(start), small_count - small.blocks_each);
}

TEST_F(PortBlocksTest, a_port_outside_of_all_blocks_is_in_none) {
    EXPECT_FALSE(blocks.block_of({0, 2047}));
    EXPECT_TRUE(blocks.block_of({0, 2048}));
    EXPECT_TRUE(blocks.block_of({2, 2048 + 5 * 128 - 1}));
    EXPECT_FALSE(blocks.block_of({2, 2048 + 5 * 128}));
    EXPECT_FALSE(blocks.block_of({3, 2048}));
}

TEST(PortBlocks, subscribers_spread_over_all_addresses) {
    SeededRandom random{2};
    PortBlocks blocks{{.addresses = 4, .blocks_each = 100}, random};
    std::array<int, 4> taken{};
    for (int i = 0; i < 40; ++i) {
        ++taken[blocks.address_of(blocks.take(start).value())];
    }
    for (const int count : taken) {
        EXPECT_GE(count, 3);
    }
}

TEST(PortBlocks, all_ports_of_an_address_can_be_used) {
    SeededRandom random{3};
    PortBlocks blocks{{.first_port = 1024, .blocks_each = 63, .block_size = 1024}, random};
    std::size_t ports = 0;
    std::uint16_t highest = 0;
    for (const BlockNumber block : take_all(blocks, start)) {
        while (const auto port = blocks.take_port(block, Protocol::tcp)) {
            ++ports;
            highest = std::max(highest, port->port);
        }
    }
    EXPECT_EQ(ports, 64'512U);
    EXPECT_EQ(highest, 65'535U);
}

TEST(PortBlocks, which_block_comes_next_can_not_be_foreseen) {
    SeededRandom random{5};
    PortBlocks blocks{{.blocks_each = 200}, random};
    const auto taken = take_all(blocks, start);
    unsigned neighbours = 0;
    for (std::size_t i = 1; i < taken.size(); ++i) {
        neighbours += taken[i] == taken[i - 1] + 1 || taken[i] + 1 == taken[i - 1] ? 1U : 0U;
    }
    EXPECT_LT(neighbours, 10U) << "2 by chance";
}

// Half of a block, drawn often: each port as often as any other, and no port after its neighbour.
TEST(PortBlocks, which_port_comes_next_can_not_be_foreseen) {
    SeededRandom random{4};
    PortBlocks blocks{{.blocks_each = 1, .block_size = 256}, random};
    const BlockNumber block = blocks.take(start).value();
    std::array<unsigned, 256> drawn{};
    unsigned neighbours = 0;
    for (int round = 0; round < 1000; ++round) {
        std::vector<std::uint16_t> ports;
        for (std::size_t i = 0; i < 64; ++i) {
            ports.push_back(blocks.take_port(block, Protocol::udp)->port);
            ++drawn[ports.back() - 1024U];
            neighbours += i > 0 && ports[i] == ports[i - 1] + 1 ? 1U : 0U;
        }
        for (const std::uint16_t port : ports) {
            blocks.free_port(block, Protocol::udp, port);
        }
    }
    EXPECT_LT(neighbours, 1000U) << "252 of 63000 by chance, somewhat more behind used ones";
    double chi_square = 0;
    for (const unsigned count : drawn) {
        chi_square += (count - 250.0) * (count - 250.0) / 250.0;
    }
    EXPECT_LT(chi_square, 360) << "255 on average, 23 either way";
}

}  // namespace
}  // namespace ntm::napt
