// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/ntm_view.hpp"

#include "tests/unit/common/packet/guarded_bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

Bytes header(std::uint8_t first, std::uint8_t flags = 0) {
    return {first, flags, 0, 0, 0, 0, 0, 7, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
}

TEST(NtmView, RefusesEveryLengthBelowItsHeader) {
    const Bytes whole = header(0x10);
    for (std::size_t size = 0; size < NtmView::size; ++size) {
        const GuardedBytes cut{ByteView{whole}.first(size)};
        const auto view = NtmView::parse(cut.view());
        ASSERT_FALSE(view) << size;
        EXPECT_EQ(view.error(), DropReason::truncated_ntm);
    }
    const GuardedBytes guarded{whole};
    EXPECT_TRUE(NtmView::parse(guarded.view()));
}

TEST(NtmView, TakesVersionOneAndTheKnownTypesOnly) {
    for (unsigned first = 0; first < 256; ++first) {
        const Bytes bytes = header(static_cast<std::uint8_t>(first));
        const auto view = NtmView::parse(bytes);
        if (first >> 4 != 1) {
            ASSERT_FALSE(view) << first;
            EXPECT_EQ(view.error(), DropReason::bad_ntm_version) << first;
        } else if ((first & 15) > 5) {
            ASSERT_FALSE(view) << first;
            EXPECT_EQ(view.error(), DropReason::unknown_ntm_type) << first;
        } else {
            ASSERT_TRUE(view) << first;
            EXPECT_EQ(view->type(), first & 15);
        }
    }
}

TEST(NtmView, ReadsRoleAndAnswerFromTheirBitsAlone) {
    for (unsigned flags = 0; flags < 256; ++flags) {
        const Bytes bytes = header(0x10, static_cast<std::uint8_t>(flags));
        const auto view = NtmView::parse(bytes);
        ASSERT_TRUE(view);
        EXPECT_EQ(view->role(), (flags & 1) != 0 ? Role::responder : Role::initiator);
        EXPECT_EQ(view->is_answer(), (flags & 4) != 0);
    }
}

TEST(NtmView, ReadsTheIdInNetworkOrder) {
    const GuardedBytes guarded{header(0x15)};
    const auto view = NtmView::parse(guarded.view());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->path_id(), PathId{0x1122334455667788});
    EXPECT_EQ(view->session_id(), SessionId{0x1122334455667788});
}

}  // namespace
}  // namespace ntm
