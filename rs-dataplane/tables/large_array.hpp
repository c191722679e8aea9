// SPDX-License-Identifier: BSD-3-Clause
// A zero-filled array that is read at random places: mapped, with huge pages asked for, since at a
// million paths the misses of the TLB would cost as much as those of the cache.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <sys/mman.h>

namespace ntm::tables {

// T starts its life as zero bytes and needs no destructor.
template <typename T>
class LargeArray {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 4096);

  public:
    LargeArray() noexcept = default;
    ~LargeArray() { unmap(); }
    LargeArray(LargeArray&& other) noexcept
        : items_{std::exchange(other.items_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
    LargeArray& operator=(LargeArray&& other) noexcept {
        if (this != &other) {
            unmap();
            items_ = std::exchange(other.items_, nullptr);
            size_ = std::exchange(other.size_, 0);
        }
        return *this;
    }
    LargeArray(const LargeArray&) = delete;
    LargeArray& operator=(const LargeArray&) = delete;

    // Empty if there is no memory.
    [[nodiscard]] static LargeArray map(std::size_t size) noexcept {
        LargeArray array;
        void* memory = mmap(
            nullptr, size * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0
        );
        if (memory == MAP_FAILED) {
            return array;
        }
        // Only a wish: without huge pages the array works all the same.
        static_cast<void>(madvise(memory, size * sizeof(T), MADV_HUGEPAGE));
        array.items_ = std::launder(static_cast<T*>(memory));
        array.size_ = size;
        return array;
    }

    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T* data() noexcept { return items_; }
    [[nodiscard]] const T* data() const noexcept { return items_; }
    [[nodiscard]] T& operator[](std::size_t at) noexcept { return items_[at]; }
    [[nodiscard]] const T& operator[](std::size_t at) const noexcept { return items_[at]; }

  private:
    void unmap() noexcept {
        if (items_ != nullptr) {
            munmap(items_, size_ * sizeof(T));
        }
    }
    T* items_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ntm::tables
