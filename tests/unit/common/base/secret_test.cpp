// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/secret.hpp"

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace ntm {
namespace {

Secret<4> secret() {
    const std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
    return Secret<4>{bytes};
}

TEST(Secret, IsCopiedByNameOnly) {
    static_assert(!std::is_copy_constructible_v<Secret32>);
    static_assert(!std::is_copy_assignable_v<Secret32>);
    const Secret<4> original = secret();
    const Secret<4> copied = original.clone();
    EXPECT_EQ(copied, original);
}

// S-2.
TEST(Secret, ComparesAllBytes) {
    for (std::size_t i = 0; i < 4; ++i) {
        Secret<4> changed = secret();
        changed.mutable_view()[i] ^= 0x80;
        EXPECT_FALSE(changed == secret()) << i;
    }
}

// S-11.
TEST(Secret, MovingLeavesZeros) {
    Secret<4> from = secret();
    Secret<4> to{std::move(from)};
    EXPECT_TRUE(from.is_zero());  // NOLINT(bugprone-use-after-move): that it may be seen
    EXPECT_EQ(to, secret());
    Secret<4> assigned;
    assigned = std::move(to);
    EXPECT_TRUE(to.is_zero());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(assigned, secret());
}

// S-11.
TEST(Secret, LeavesZerosBehind) {
    std::array<std::uint8_t, sizeof(Secret<4>)> place{};
    const auto* const made = new (place.data()) Secret<4>{secret()};
    EXPECT_EQ(place, (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
    std::destroy_at(made);
    EXPECT_EQ(place, (std::array<std::uint8_t, 4>{}));
}

TEST(Secret, ZeroIsTold) {
    Secret<4> one;
    EXPECT_TRUE(one.is_zero());
    one.mutable_view()[3] = 1;
    EXPECT_FALSE(one.is_zero());
}

TEST(Wipe, OverwritesExactlyItsBytes) {
    std::array<std::uint8_t, 6> bytes{1, 2, 3, 4, 5, 6};
    wipe(MutableByteView{bytes}.subspan(1, 4));
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 6>{1, 0, 0, 0, 0, 6}));
}

}  // namespace
}  // namespace ntm
