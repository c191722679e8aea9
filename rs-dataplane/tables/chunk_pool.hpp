// SPDX-License-Identifier: BSD-3-Clause
// Objects of one type that are read at random places, in huge pages as LargeArray has them: as many
// chunks as are needed, which stay until the pool goes.
#pragma once

#include "rs-dataplane/tables/large_array.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace ntm::tables {

template <typename T>
class ChunkPool {
    struct Room {
        alignas(T) std::array<std::byte, sizeof(T)> bytes;
    };

  public:
    static constexpr std::size_t chunk_size =
        std::max<std::size_t>((std::size_t{2} << 20) / sizeof(T), 1);

    // For so many objects.
    [[nodiscard]] static constexpr std::size_t mapped_bytes(std::size_t objects) noexcept {
        const std::size_t chunks = (objects + chunk_size - 1) / chunk_size;
        return chunks * (LargeArray<Room>::mapped_bytes(chunk_size) + chunk_size * sizeof(T*));
    }

    // drop() takes it back. Throws std::bad_alloc if there is no memory.
    template <typename... Arguments>
    [[nodiscard]] T* make(Arguments&&... arguments) {
        if (free_.empty()) {
            add_chunk();
        }
        T* const made = std::construct_at(free_.back(), std::forward<Arguments>(arguments)...);
        free_.pop_back();
        return made;
    }
    // What make() gave, or nothing.
    void drop(const T* object) noexcept {
        if (object != nullptr) {
            T* const room = const_cast<T*>(object);  // it was made here
            std::destroy_at(room);
            free_.push_back(room);  // add_chunk() has seen to it that there is space
        }
    }

  private:
    void add_chunk() {
        auto chunk = LargeArray<Room>::map(chunk_size);
        if (chunk.is_empty()) {
            throw std::bad_alloc{};
        }
        free_.reserve((chunks_.size() + 1) * chunk_size);
        for (std::size_t i = chunk_size; i > 0; --i) {
            free_.push_back(reinterpret_cast<T*>(chunk[i - 1].bytes.data()));
        }
        chunks_.push_back(std::move(chunk));
    }

    std::vector<LargeArray<Room>> chunks_;
    std::vector<T*> free_;
};

}  // namespace ntm::tables
