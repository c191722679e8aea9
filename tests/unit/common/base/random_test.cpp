// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/random.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(SeededRandom, SameSeedSameNumbers) {
    SeededRandom a{42};
    SeededRandom b{42};
    SeededRandom c{43};
    const std::uint64_t first = a.number();
    EXPECT_EQ(first, b.number());
    EXPECT_NE(first, c.number());
    EXPECT_NE(first, a.number());
}

// SplitMix64's published first output for seed 0.
TEST(SeededRandom, IsSplitMix64) {
    SeededRandom random{0};
    Bytes bytes(8);
    random.fill(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) {
        value = (value << 8) | bytes[i];
    }
    EXPECT_EQ(value, 0xe220a8397b1dcdafU);
}

TEST(RandomSource, BelowStaysBelowAndReachesAll) {
    SeededRandom random{5};
    std::array<unsigned, 7> seen{};
    for (int i = 0; i < 7000; ++i) {
        const std::uint64_t drawn = random.below(7);
        ASSERT_LT(drawn, 7U);
        ++seen[drawn];
    }
    for (const unsigned count : seen) {
        EXPECT_GT(count, 850U);
        EXPECT_LT(count, 1150U);
    }
    EXPECT_EQ(random.below(1), 0U);
}

// A source whose first number lies in the uneven rest must draw again.
class Scripted final : public RandomSource {
  public:
    void fill(MutableByteView bytes) override {
        const std::uint64_t value = drawn_++ == 0 ? UINT64_MAX : 5;
        store(bytes.data(), value);
    }
    int drawn_ = 0;
};

TEST(RandomSource, BelowDrawsAgainInTheUnevenRest) {
    Scripted random;
    EXPECT_EQ(random.below(3), 2U);
    EXPECT_EQ(random.drawn_, 2);
}

TEST(RandomSource, BytesFillsOddLengths) {
    SeededRandom random{6};
    const auto bytes = random.bytes<13>();
    EXPECT_NE(bytes, (std::array<std::uint8_t, 13>{}));
    EXPECT_NE(bytes[12], 0);
}

}  // namespace
}  // namespace ntm
