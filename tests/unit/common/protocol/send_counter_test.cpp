// SPDX-License-Identifier: BSD-3-Clause
// S-10, S-11: a key ends by count, and takes no counter twice.
#include "common/protocol/sealed.hpp"
#include "common/protocol/session.hpp"

#include <limits>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

static_assert(!std::is_copy_constructible_v<SendCounter> && !std::is_copy_assignable_v<SendCounter>);
static_assert(!std::is_copy_constructible_v<DataSealer> && !std::is_copy_constructible_v<Session>);

SendCounter one_left() {
    return SendCounter::continued_after(SendCounter::limit - 1);
}

TEST(SendCounter, CountsFromZero) {
    SendCounter counter;
    for (std::uint64_t i = 0; i < 3; ++i) {
        EXPECT_EQ(counter.taken(), i);
        EXPECT_EQ(counter.take(), i);
    }
}

TEST(SendCounter, EndsForGood) {
    for (const std::uint64_t taken :
         {SendCounter::limit, SendCounter::limit + 1, std::numeric_limits<std::uint64_t>::max()}) {
        auto counter = SendCounter::continued_after(taken);
        EXPECT_EQ(counter.take(), std::nullopt);
        EXPECT_EQ(counter.take(), std::nullopt);
        EXPECT_EQ(counter.taken(), taken);
    }
}

TEST(SendCounter, HasMovedForGood) {
    SendCounter first = SendCounter::continued_after(7);
    SendCounter second = std::move(first);
    EXPECT_EQ(second.take(), 7);
    EXPECT_EQ(first.take(), std::nullopt);  // NOLINT(bugprone-use-after-move): that it may be seen
    SendCounter third;
    third = std::move(second);
    EXPECT_EQ(third.take(), 8);
    EXPECT_EQ(second.take(), std::nullopt);  // NOLINT(bugprone-use-after-move)
}

TEST(SendCounter, APathSecretSealsNothingBehindItsLastCounter) {
    DataSealer sealer{
        Secret32{}, crypto::Suite::aes_128_gcm, PathId{1}, Role::initiator, one_left()};
    const auto last = sealer.seal({});
    ASSERT_TRUE(last);
    EXPECT_EQ(NtmHeader::parse(*last)->counter, SendCounter::limit - 1);
    EXPECT_FALSE(sealer.seal({}));
    EXPECT_FALSE(sealer.seal(Bytes(100)));
}

TEST(SendCounter, ASessionSealsNothingBehindItsLastCounter) {
    TransportKeys keys;
    keys.initiator_to_responder.suite = crypto::Suite::aes_256_gcm;
    keys.responder_to_initiator.suite = crypto::Suite::aes_256_gcm;
    for (const bool is_initiator : {true, false}) {
        Session session{{{1}, {2}, {}}, keys, is_initiator, {}, one_left()};
        EXPECT_TRUE(session.seal({}));
        EXPECT_FALSE(session.seal({}));
        EXPECT_EQ(session.packets(), SendCounter::limit);
    }
}

}  // namespace
}  // namespace ntm::protocol
