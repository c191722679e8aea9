// SPDX-License-Identifier: BSD-3-Clause
// A front to the relay table's hash: one cell for each of a path's possible Path IDs, found by the
// ID's own bits, which are random. A cell names the entry of at most one path; the reader compares
// the entry's Path ID, and asks the hash for what the front does not have. With four to eight cells a
// path it has nine tenths of them, and answers in one access to memory and the entry's own.
#pragma once

#include "common/base/ids.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <atomic>
#include <bit>
#include <cstdint>

namespace ntm::tables {

class PathFront {
  public:
    // Where a path's entry lies among the table's entries, and its slot. Index 0 is no path's.
    struct Place {
        std::uint32_t index = 0;
        std::uint32_t slot = 0;
        friend bool operator==(Place, Place) = default;
    };

    PathFront() noexcept = default;
    // Empty if there is no memory.
    [[nodiscard]] static PathFront map(std::uint32_t paths) noexcept {
        PathFront front;
        const auto cells = std::bit_ceil(std::uint64_t{paths} * 4);
        front.shift_ = 64 - static_cast<unsigned>(std::bit_width(cells - 1));
        front.cells_ = LargeArray<std::atomic<std::uint64_t>>::map(cells);
        return front;
    }
    [[nodiscard]] bool is_empty() const noexcept { return cells_.is_empty(); }

    // Readers. The place may be another path's.
    [[nodiscard]] Place look(PathId id) const noexcept {
        return unpack(cells_[cell_of(id)].load(std::memory_order_acquire));
    }

    // The writer. A cell that another path has is left to it.
    void add(PathId id, Place place) noexcept {
        auto& cell = cells_[cell_of(id)];
        if (unpack(cell.load(std::memory_order_relaxed)) == Place{}) {
            cell.store(pack(place), std::memory_order_release);
        }
    }
    // `next` without a path (Place{}) gives the cell up.
    void change(PathId id, Place present, Place next) noexcept {
        auto& cell = cells_[cell_of(id)];
        if (unpack(cell.load(std::memory_order_relaxed)) == present) {
            cell.store(pack(next), std::memory_order_release);
        }
    }

  private:
    [[nodiscard]] std::size_t cell_of(PathId id) const noexcept {
        return (id.value * 0x9e3779b97f4a7c15U) >> shift_;
    }
    [[nodiscard]] static constexpr std::uint64_t pack(Place place) noexcept {
        return (std::uint64_t{place.slot} << 32) | place.index;
    }
    [[nodiscard]] static constexpr Place unpack(std::uint64_t cell) noexcept {
        return {static_cast<std::uint32_t>(cell), static_cast<std::uint32_t>(cell >> 32)};
    }
    LargeArray<std::atomic<std::uint64_t>> cells_;
    unsigned shift_ = 63;
};

}  // namespace ntm::tables
