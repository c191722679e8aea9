// SPDX-License-Identifier: BSD-3-Clause
// The index of flows against std::unordered_map, and where many keys meet. S-6.
#include "rs-dataplane/tables/flow_index.hpp"

#include <set>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::tables {
namespace {

// Records that are their own keys: the one at position p has keys[p].
struct Records {
    explicit Records(std::uint32_t capacity) : index{FlowIndex::make(capacity)} {}

    [[nodiscard]] std::uint32_t find(std::uint64_t key, std::uint64_t hash) const {
        return index.find(hash, [&](std::uint32_t position) { return keys[position] == key; });
    }
    bool insert(std::uint64_t key, std::uint64_t hash) {
        keys.push_back(key);
        return index.insert(hash, static_cast<std::uint32_t>(keys.size() - 1));
    }

    FlowIndex index;
    std::vector<std::uint64_t> keys;
};

TEST(FlowIndex, does_what_a_map_does) {
    SeededRandom random{1};
    Records records{600};
    std::unordered_map<std::uint64_t, std::uint32_t> map;
    for (int step = 0; step < 200'000; ++step) {
        const std::uint64_t key = random.below(1000);
        // Few different hashes for many keys: buckets run over all the time.
        const std::uint64_t hash = (key % 37) << 58 | key % 11;
        const std::uint32_t position = records.find(key, hash);
        const auto known = map.find(key);
        ASSERT_EQ(position, known == map.end() ? FlowIndex::none : known->second) << step;
        if (known != map.end()) {
            ASSERT_TRUE(records.index.erase(hash, position));
            map.erase(known);
        } else if (map.size() < records.index.capacity()) {
            ASSERT_TRUE(records.insert(key, hash));
            map[key] = static_cast<std::uint32_t>(records.keys.size() - 1);
        } else {
            ASSERT_FALSE(records.index.insert(hash, 0)) << "it is full";
        }
        ASSERT_EQ(records.index.size(), map.size());
    }
}

TEST(FlowIndex, all_keys_of_one_hash_are_found_and_none_stays) {
    Records records{1000};
    for (std::uint64_t key = 0; key < 1000; ++key) {
        ASSERT_TRUE(records.insert(key, 0x1234));
    }
    EXPECT_FALSE(records.insert(1000, 0x1234));
    for (std::uint32_t key = 0; key < 1000; ++key) {
        ASSERT_EQ(records.find(key, 0x1234), key);
    }
    for (std::uint32_t key = 0; key < 1000; ++key) {
        ASSERT_TRUE(records.index.erase(0x1234, key));
        ASSERT_FALSE(records.index.erase(0x1234, key));
        ASSERT_EQ(records.find(key, 0x1234), FlowIndex::none);
    }
    EXPECT_EQ(records.index.size(), 0U);
    // As new: nobody is turned away any more.
    ASSERT_TRUE(records.insert(7, 0x1234));
    EXPECT_EQ(records.index.guess(0x1234), records.keys.size() - 1);
}

// Of those that a full bucket turned away nobody is left: a search ends there.
TEST(FlowIndex, a_search_ends_where_nobody_was_turned_away) {
    constexpr std::uint64_t in_first_bucket = 0x1234;
    constexpr std::uint64_t in_second_bucket = std::uint64_t{0x0300'0000} << 32 | 0x1234;
    Records records{1000};
    for (std::uint64_t key = 0; key < 13; ++key) {
        ASSERT_TRUE(records.insert(key, in_first_bucket));
    }
    ASSERT_TRUE(records.insert(13, in_second_bucket));
    const auto count_asked = [&] {
        unsigned asked = 0;
        static_cast<void>(records.index.find(in_first_bucket, [&](std::uint32_t /*position*/) {
            ++asked;
            return false;
        }));
        return asked;
    };
    EXPECT_EQ(count_asked(), 14U);
    ASSERT_TRUE(records.index.erase(in_first_bucket, 12));
    EXPECT_EQ(count_asked(), 12U);
}

TEST(FlowIndex, is_full_at_its_capacity_and_small) {
    constexpr std::uint32_t capacity = 1'000'000;
    SeededRandom random{2};
    Records records{capacity};
    for (std::uint32_t i = 0; i < capacity; ++i) {
        const std::uint64_t hash = random.number();
        ASSERT_TRUE(records.insert(hash, hash));
    }
    EXPECT_FALSE(records.index.insert(1, 0));
    std::uint32_t asked = 0;
    for (const std::uint64_t key : records.keys) {
        const std::uint32_t position = records.index.find(key, [&](std::uint32_t at) {
            ++asked;
            return records.keys[at] == key;
        });
        ASSERT_NE(position, FlowIndex::none);
    }
    EXPECT_LT(asked, capacity + capacity / 20) << "records read for nothing";
    EXPECT_LE(
        FlowIndex::mapped_bytes(capacity), capacity * std::size_t{7} + (std::size_t{4} << 20)
    );
}

TEST(FlowIndex, one_without_memory_is_full_and_empty) {
    FlowIndex index;
    EXPECT_FALSE(index.insert(1, 1));
    EXPECT_EQ(index.size(), 0U);
}

template <std::size_t size>
struct Key {
    std::array<std::uint8_t, size> bytes{};
};

template <std::size_t size>
void expect_avalanche() {
    SeededRandom random{3};
    const FlowHash hash{random};
    Key<size> key;
    random.fill(key.bytes);
    const std::uint64_t whole = hash(key);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
        Key<size> turned = key;
        turned.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        const int moved = std::popcount(hash(turned) ^ whole);
        EXPECT_GT(moved, 10) << bit;
        EXPECT_LT(moved, 54) << bit;
    }
}

TEST(FlowHash, every_bit_of_the_key_moves_half_of_the_hash) {
    expect_avalanche<16>();
    expect_avalanche<32>();
}

TEST(FlowHash, counting_keys_spread_evenly_and_by_the_secret) {
    SeededRandom random{4};
    const FlowHash hash{random};
    const FlowHash other{random};
    std::vector<unsigned> buckets(1024);
    std::set<std::uint64_t> tags;
    for (std::uint64_t i = 0; i < std::uint64_t{1024} * 64; ++i) {
        Key<16> key;
        std::memcpy(&key.bytes[7], &i, sizeof i);
        ++buckets[hash(key) >> 54];
        tags.insert(hash(key) & 0xffff);
        ASSERT_NE(hash(key), other(key));
    }
    EXPECT_GT(tags.size(), 40'000U) << "41 427 of 65 536, by chance";
    for (const unsigned count : buckets) {
        EXPECT_NEAR(count, 64, 48);  // six standard deviations
    }
}

}  // namespace
}  // namespace ntm::tables
