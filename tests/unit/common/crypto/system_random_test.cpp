// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/system_random.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

TEST(SystemRandom, FillsEveryByteOfAnyLength) {
    SystemRandom random;
    for (const std::size_t length : {0U, 1U, 7U, 256U, 257U, 100'000U}) {
        // A byte that stays zero in 16 fills has a chance of 2^-128.
        Bytes touched(length);
        for (int round = 0; round < 16; ++round) {
            Bytes bytes(length);
            random.fill(bytes);
            for (std::size_t i = 0; i < length; ++i) {
                touched[i] = static_cast<std::uint8_t>(touched[i] | bytes[i]);
            }
        }
        EXPECT_TRUE(std::ranges::all_of(touched, [](auto byte) { return byte != 0; })) << length;
    }
}

// S-7.
TEST(SystemRandom, NeverRepeatsItself) {
    SystemRandom random;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 10'000; ++i) {
        seen.insert(random.number());
    }
    EXPECT_EQ(seen.size(), 10'000U);
}

// S-7.
TEST(BufferedRandom, GivesWhatItsSourceGivesAndNothingTwice) {
    SeededRandom source{1};
    SeededRandom same{1};
    BufferedRandom buffered{source};
    Bytes wanted(8192);
    same.fill(wanted);
    Bytes got;
    for (const std::size_t length : {1U, 0U, 95U, 4000U, 4096U}) {
        Bytes piece(length);
        buffered.fill(piece);
        got.insert(got.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(got, wanted);
}

}  // namespace
}  // namespace ntm::crypto
