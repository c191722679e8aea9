// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/chunk_pool.hpp"

#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::tables {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

// Eight of them fill a huge page.
struct alignas(64) Thing {
    explicit Thing(int& its_count) : count{&its_count} { ++its_count; }
    ~Thing() { --*count; }
    Thing(const Thing&) = delete;
    Thing& operator=(const Thing&) = delete;

    int* count;
    std::array<std::uint8_t, huge_page / 8 - 64> rest{};
};

TEST(ChunkPool, objects_of_several_chunks_lie_apart_and_aligned) {
    ChunkPool<Thing> pool;
    int count = 0;
    std::set<const Thing*> made;
    for (int i = 0; i < 20; ++i) {
        Thing* const thing = pool.make(count);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(thing) % 64, 0U);
        thing->rest.fill(static_cast<std::uint8_t>(i));
        made.insert(thing);
    }
    EXPECT_EQ(made.size(), 20U);
    EXPECT_EQ(count, 20);
    for (const Thing* thing : made) {
        EXPECT_EQ(thing->rest.front(), thing->rest.back());
        pool.drop(thing);
    }
    EXPECT_EQ(count, 0);
}

TEST(ChunkPool, what_was_dropped_is_used_again) {
    ChunkPool<Thing> pool;
    int count = 0;
    const Thing* const first = pool.make(count);
    pool.drop(first);
    EXPECT_EQ(pool.make(count), first);
    pool.drop(first);
    pool.drop(nullptr);
    EXPECT_EQ(count, 0);
}

TEST(ChunkPool, takes_whole_huge_pages) {
    constexpr std::size_t list = ChunkPool<Thing>::chunk_size * sizeof(void*);
    EXPECT_EQ(ChunkPool<Thing>::mapped_bytes(8), huge_page + list);
    EXPECT_EQ(ChunkPool<Thing>::mapped_bytes(9), 2 * (huge_page + list));
}

}  // namespace
}  // namespace ntm::tables
