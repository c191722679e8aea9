// SPDX-License-Identifier: BSD-3-Clause
// The round over all paths, and what is forgotten; the rules of Directions are in
// relay_director_signals_test and relay_director_ends_test.
#include "control/path_book.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

namespace ntm::control {

namespace {

constexpr Instant start{std::chrono::seconds{1000}};

class BookRound : public testing::Test {
  protected:
    BookRound() { add(1, 1000); }
    void add(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t id = first; id <= last; ++id) {
            PathOrder order;
            order.id = PathId{id};
            order.revision = 1;
            order.lifetime = std::chrono::hours{1};
            ASSERT_EQ(book.direct(std::move(order), {}, start).status, v1::STATUS_OK);
        }
    }
    // Visits since the last call of visits(), by path.
    void walk(std::size_t steps) {
        book.walk(round, steps, [this](const RelayedPath& path) { ++visited[path.id.value]; });
    }
    void walk_to_the_end() {
        for (int pieces = 0; !round.has_ended(); ++pieces) {
            ASSERT_LT(pieces, 100'000);
            walk(10);
        }
    }
    PathBook book{100'000};
    PathBook::Round round;
    std::map<std::uint64_t, int> visited;
};

// F-33: what `ntm-relay --plan` says of the control thread is enough.
TEST(PathBook, TakesNoMoreOfTheHeapThanIsPlanned) {
    const auto in_use = [] {
        const struct mallinfo2 heap = mallinfo2();
        return heap.uordblks + heap.hblkhd;
    };
    constexpr std::uint32_t paths = 50'000;
    const std::size_t before = in_use();
    PathBook book{paths};
    for (std::uint64_t id = 1; id <= paths; ++id) {
        PathOrder order;
        order.id = PathId{id};
        order.lifetime = std::chrono::hours{1};
        ASSERT_EQ(book.direct(std::move(order), {}, start).status, v1::STATUS_OK);
    }
    const std::size_t taken = in_use() - before;
    if (in_use() == 0) {
        GTEST_SKIP() << "this allocator does not count";
    }
    EXPECT_LE(taken, PathBook::bytes_for(paths));
    EXPECT_GE(taken, PathBook::bytes_for(paths) / 2);
}

PathOrder ending(std::uint64_t id, std::uint32_t revision, std::uint32_t secret) {
    PathOrder order;
    order.id = PathId{id};
    order.revision = revision;
    order.lifetime = std::chrono::hours{1};
    store(order.legs[0].secret.mutable_view().data(), secret);
    order.end.emplace();
    return order;
}

// S-10.
TEST(PathBook, RefusesASecretWhoseCountersAreForgottenAndLeavesThePath) {
    PathBook book{2, 1};
    ASSERT_EQ(book.direct(ending(1, 1, 1), {}, start).status, v1::STATUS_OK);
    ASSERT_EQ(book.direct(ending(1, 2, 2), {}, start).status, v1::STATUS_OK);
    ASSERT_EQ(book.direct(ending(1, 3, 1), {}, start).status, v1::STATUS_OK)
        << "still on the shelf";
    ASSERT_EQ(book.direct(ending(1, 4, 2), {}, start).status, v1::STATUS_OK);
    for (std::uint32_t i = 0; i <= EndKeyShelf::usual_capacity; ++i) {
        ASSERT_EQ(book.direct(ending(2, i, 1000 + i), {}, start).status, v1::STATUS_OK);
    }
    const Instant later = start + std::chrono::minutes{30};
    const BookAnswer answer = book.direct(ending(1, 5, 1), {}, later);
    EXPECT_EQ(answer.status, v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(answer.change, BookAnswer::Change::none);
    EXPECT_EQ(book.find(PathId{1})->revision, 4U);
    EXPECT_EQ(book.find(PathId{1})->expires, start + std::chrono::hours{1});
    EXPECT_EQ(book.subscribers(), 1U);
    EXPECT_EQ(book.direct(ending(1, 5, 3), {}, later).status, v1::STATUS_OK) << "another secret";
}

TEST_F(BookRound, VisitsNothingUntilItIsBegun) {
    EXPECT_TRUE(round.has_ended());
    walk(100);
    EXPECT_TRUE(visited.empty());
}

TEST_F(BookRound, VisitsEachPathOnceInBoundedPieces) {
    round.begin();
    while (!round.has_ended()) {
        const std::size_t before = visited.size();
        walk(10);
        EXPECT_LE(visited.size() - before, 10U);
    }
    EXPECT_EQ(visited.size(), 1000U);
    EXPECT_THAT(visited, testing::Each(testing::Pair(testing::_, 1)));
}

TEST_F(BookRound, GoesOnThroughRemovals) {
    round.begin();
    walk(500);
    for (std::uint64_t id = 1; id <= 1000; id += 2) {
        ASSERT_FALSE(book.erase(PathId{id}));
    }
    walk_to_the_end();
    for (std::uint64_t id = 2; id <= 1000; id += 2) {
        EXPECT_EQ(visited[id], 1) << id;
    }
}

TEST_F(BookRound, MissesNoPathWhenTheBookGrows) {
    round.begin();
    walk(500);
    add(1001, 20'000);
    walk_to_the_end();
    EXPECT_EQ(visited.size(), 20'000U);
}

TEST_F(BookRound, BegunAnewVisitsAllAgainAndStartsBehindWhatItHasJustVisited) {
    round.begin();
    walk(500);
    const auto first = visited;
    ASSERT_FALSE(first.empty());
    round.begin();
    walk(500);
    for (const auto& [id, times] : first) {
        EXPECT_EQ(visited[id], 1) << "others come first";
    }
    walk_to_the_end();
    EXPECT_EQ(visited.size(), 1000U);
    for (const auto& [id, times] : first) {
        EXPECT_EQ(visited[id], 2) << id;
    }
}

}  // namespace

}  // namespace ntm::control
