// SPDX-License-Identifier: BSD-3-Clause
// From the hash of a key to the position of its record, for one thread: what a worker finds its NAPT
// records by. The records hold the keys; the index holds eight bits of each hash and the position,
// under seven bytes an entry where it is full.
//
// Theory of operation: buckets of one cache line, twelve entries each. An entry whose home bucket is
// full goes to the next one with room, and each bucket that it passed counts it; a search goes on to
// the next bucket only where somebody was turned away. So removing leaves no tombstones, and nearly
// every search, of what is there and what is not, reads one line.
//
// Hashes come from keys that strangers choose: they have to be keyed (FlowHash).
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/base/touch.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include <emmintrin.h>

namespace ntm::tables {

// Sixteen bytes at a time, by multiplication under secret keys: nobody without them finds keys that
// meet, as long as he does not see the hashes.
class FlowHash {
  public:
    explicit FlowHash(RandomSource& random) {
        for (std::uint64_t& key : keys_) {
            key = random.number();
        }
    }
    // Of the object's bytes, all of which count: no padding.
    template <typename Key>
    [[nodiscard]] std::uint64_t operator()(const Key& key) const noexcept {
        static_assert(std::has_unique_object_representations_v<Key> && sizeof(Key) % 16 == 0);
        std::array<std::uint64_t, sizeof(Key) / 8> words;
        std::memcpy(words.data(), &key, sizeof key);
        std::uint64_t hash = keys_[0];
        for (std::size_t i = 0; i < words.size(); i += 2) {
            hash = fold(words[i] ^ keys_[1] ^ hash, words[i + 1] ^ keys_[2]);
        }
        return hash;
    }

  private:
    [[nodiscard]] static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    std::array<std::uint64_t, 3> keys_;
};

class FlowIndex {
  public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    FlowIndex() noexcept = default;
    // Empty if there is no memory.
    [[nodiscard]] static FlowIndex make(std::uint32_t capacity) noexcept {
        FlowIndex index;
        index.buckets_ = LargeArray<Bucket>::map(buckets_for(capacity));
        index.capacity_ = index.buckets_.is_empty() ? 0 : capacity;
        return index;
    }
    [[nodiscard]] static constexpr std::size_t mapped_bytes(std::uint32_t capacity) noexcept {
        return LargeArray<Bucket>::mapped_bytes(buckets_for(capacity));
    }

    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

    // For bursts, of an index that is not empty: first the bucket of every key, then the record that
    // it most likely names.
    void prefetch(std::uint64_t hash) const noexcept {
        __builtin_prefetch(&buckets_[home_of(hash)]);
    }
    // For what is soon to be read and written, and is not waited for by a burst.
    void fetch(std::uint64_t hash) const noexcept {
        __builtin_prefetch(&buckets_[home_of(hash)], 1);
    }
    [[nodiscard]] std::uint32_t guess(std::uint64_t hash) const noexcept {
        const Bucket& bucket = buckets_[home_of(hash)];
        const unsigned matches = bucket.matches(tag_of(hash));
        return matches == 0 ? none : bucket.positions[first_of(matches)];
    }

    // `is_wanted` tells of a position whether the record there has the key.
    template <typename IsWanted>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsWanted&& is_wanted) const noexcept {
        const std::uint8_t tag = tag_of(hash);
        std::size_t at = home_of(hash);
        for (std::size_t looked = 0; looked < buckets_.size(); ++looked) {
            const Bucket& bucket = buckets_[at];
            for (unsigned matches = bucket.matches(tag); matches != 0; matches &= matches - 1) {
                const std::uint32_t position = bucket.positions[first_of(matches)];
                if (is_wanted(position)) [[likely]] {
                    return position;
                }
            }
            if (bucket.turned_away == 0) [[likely]] {
                return none;
            }
            at = next(at);
        }
        return none;
    }

    // A key that is not there. False: full.
    [[nodiscard]] bool insert(std::uint64_t hash, std::uint32_t position) noexcept {
        if (size_ == capacity_) {
            return false;
        }
        std::size_t at = home_of(hash);
        while (buckets_[at].is_full()) {
            ++buckets_[at].turned_away;
            at = next(at);
        }
        buckets_[at].put(tag_of(hash), position);
        ++size_;
        return true;
    }

    // What insert() was given. False: it is not there.
    bool erase(std::uint64_t hash, std::uint32_t position) noexcept {
        const std::size_t home = home_of(hash);
        const std::uint8_t tag = tag_of(hash);
        std::size_t at = home;
        for (std::size_t looked = 0; looked < buckets_.size(); ++looked) {
            if (buckets_[at].take(tag, position)) {
                for (std::size_t passed = home; passed != at; passed = next(passed)) {
                    --buckets_[passed].turned_away;
                }
                --size_;
                return true;
            }
            if (buckets_[at].turned_away == 0) {
                return false;
            }
            at = next(at);
        }
        return false;
    }

  private:
    static constexpr unsigned entries = 12;
    // Of the places that there are, so many hundredths are used where the index is full.
    static constexpr std::uint64_t most_used = 80;

    [[nodiscard]] static unsigned first_of(unsigned matches) noexcept {
        return static_cast<unsigned>(std::countr_zero(matches));
    }

    struct alignas(64) Bucket {
        std::array<std::uint32_t, entries> positions;
        std::array<std::uint8_t, entries> tags;  // 0: no entry
        std::uint32_t turned_away;               // entries further on that belong here or before

        // One bit for each entry of this tag. All at once: compared one by one, as compilers leave
        // it, they cost more than the line's way from the cache.
        [[nodiscard]] unsigned matches(std::uint8_t tag) const noexcept {
            const auto* from = reinterpret_cast<const std::uint8_t*>(this) + offsetof(Bucket, tags);
            const auto all = _mm_load_si128(reinterpret_cast<const __m128i*>(from));
            const auto same = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(tag)));
            constexpr unsigned of_entries = (1U << entries) - 1;
            return static_cast<unsigned>(_mm_movemask_epi8(same)) & of_entries;
        }
        [[nodiscard]] bool is_full() const noexcept { return matches(0) == 0; }
        void put(std::uint8_t tag, std::uint32_t position) noexcept {
            const unsigned i = first_of(matches(0));
            tags[i] = tag;
            positions[i] = position;
        }
        [[nodiscard]] bool take(std::uint8_t tag, std::uint32_t position) noexcept {
            for (unsigned found = matches(tag); found != 0; found &= found - 1) {
                const unsigned i = first_of(found);
                if (positions[i] == position) {
                    tags[i] = 0;
                    return true;
                }
            }
            return false;
        }
    };
    static_assert(sizeof(Bucket) == 64);

    [[nodiscard]] static constexpr std::size_t buckets_for(std::uint32_t capacity) noexcept {
        const std::uint64_t places = std::uint64_t{capacity} * 100 / most_used;
        return static_cast<std::size_t>(places / entries + 1);
    }
    // The upper half chooses the bucket, the lowest bits tell entries apart.
    [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept {
        return static_cast<std::size_t>(((hash >> 32) * buckets_.size()) >> 32);
    }
    [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint8_t>(1 + (hash & 0xffff) % 255);
    }
    [[nodiscard]] std::size_t next(std::size_t bucket) const noexcept {
        return bucket + 1 == buckets_.size() ? 0 : bucket + 1;
    }

    LargeArray<Bucket> buckets_;
    std::uint32_t capacity_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace ntm::tables
