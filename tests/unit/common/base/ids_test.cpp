// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/ids.hpp"

#include "common/base/bytes.hpp"

#include <type_traits>

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(Id, TextIsSixteenDigitsInWireOrder) {
    const PathId id{0x0102030405060708};
    EXPECT_EQ(id.text(), "0102030405060708");
    EXPECT_EQ(PathId{0xf}.text(), "000000000000000f");
    EXPECT_EQ(id.wire().to_host(), id.value);
}

TEST(Id, ZeroIsTold) {
    EXPECT_TRUE(SessionId{}.is_zero());
    EXPECT_FALSE(SessionId{1}.is_zero());
}

TEST(Id, KindsDoNotConvert) {
    static_assert(!std::is_convertible_v<PathId, SessionId>);
    static_assert(!std::is_constructible_v<BootId, PathId>);
    SUCCEED();
}

TEST(Role, OtherIsTheOther) {
    EXPECT_EQ(other(Role::initiator), Role::responder);
    EXPECT_EQ(other(Role::responder), Role::initiator);
}

}  // namespace
}  // namespace ntm
