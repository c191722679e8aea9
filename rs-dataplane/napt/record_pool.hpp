// SPDX-License-Identifier: BSD-3-Clause
// Records of one kind in one large array, named by their position in it: a position stays right where
// the memory lies somewhere else one day, as a pointer would not.
#pragma once

#include "common/base/touch.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace ntm::napt {

using Position = std::uint32_t;
inline constexpr Position nowhere = std::numeric_limits<Position>::max();

// Record: default-constructible, with a member `next`, which is the pool's while nobody has it.
template <typename Record>
class RecordPool {
  public:
    RecordPool() noexcept = default;
    // Empty if there is no memory.
    [[nodiscard]] static RecordPool make(std::uint32_t capacity) noexcept {
        RecordPool pool;
        pool.records_ = tables::LargeArray<Record>::map(capacity);
        return pool;
    }
    // In memory that outlives the pool; until adopt() nothing of what lies there is in use.
    [[nodiscard]] static RecordPool over(std::span<Record> memory) noexcept {
        RecordPool pool;
        pool.records_ = tables::LargeArray<Record>::over(memory);
        return pool;
    }
    // Takes those that live, where they lie, and frees all others. Of a pool that nothing was taken from.
    template <typename IsLive>
    void adopt(IsLive is_live) noexcept {
        for (Position at = capacity(); at > 0; --at) {
            Record& record = records_[at - 1];
            if (is_live(record)) {
                reach_ = std::max(reach_, at);
                ++in_use_;
                continue;
            }
            record = Record{};
            if (reach_ != 0) {
                record.next = std::exchange(free_, at - 1);
            }
        }
    }

    [[nodiscard]] std::uint32_t capacity() const noexcept {
        return static_cast<std::uint32_t>(records_.size());
    }
    [[nodiscard]] std::uint32_t in_use() const noexcept { return in_use_; }
    [[nodiscard]] bool is_full() const noexcept { return in_use_ == capacity(); }
    // No record behind this one was ever taken.
    [[nodiscard]] Position reach() const noexcept { return reach_; }

    // Of a pool that is not full.
    [[nodiscard]] Position take() noexcept {
        ++in_use_;
        if (free_ == nowhere) {
            return reach_++;
        }
        const Position taken = free_;
        free_ = records_[taken].next;
        return taken;
    }
    void give_back(Position position) noexcept {
        records_[position] = Record{};
        records_[position].next = free_;
        free_ = position;
        --in_use_;
    }

    void prefetch(Position at) const noexcept { touch(&records_[at]); }
    [[nodiscard]] Record& operator[](Position at) noexcept { return records_[at]; }
    [[nodiscard]] const Record& operator[](Position at) const noexcept { return records_[at]; }

  private:
    tables::LargeArray<Record> records_;
    Position reach_ = 0;
    Position free_ = nowhere;
    std::uint32_t in_use_ = 0;
};

}  // namespace ntm::napt
