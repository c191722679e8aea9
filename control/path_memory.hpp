// SPDX-License-Identifier: BSD-3-Clause
// What the control thread's maps by path take of the heap when they are full, for `ntm-relay --plan`.
#pragma once

#include <cstddef>

namespace ntm::control {

// Each piece of the heap has a head, and is rounded up.
inline constexpr std::size_t heap_overhead = 16;

// Of a hash map of the standard library, which doubles its buckets when they are as many as entries.
template <typename Map>
[[nodiscard]] constexpr std::size_t map_bytes(std::size_t entries) noexcept {
    const std::size_t node = sizeof(void*) + sizeof(typename Map::value_type) + heap_overhead;
    return entries * (node + 2 * sizeof(void*));
}

// Of a vector, which may be twice as long as what it holds, and is copied when it grows.
template <typename Item>
[[nodiscard]] constexpr std::size_t vector_bytes(std::size_t items) noexcept {
    return 2 * items * sizeof(Item);
}

}  // namespace ntm::control
