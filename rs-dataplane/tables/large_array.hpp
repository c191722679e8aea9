// SPDX-License-Identifier: BSD-3-Clause
// A zero-filled array that is read at random places: mapped, with huge pages asked for, since at a
// million paths the misses of the TLB would cost as much as those of the cache.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
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
        : mapped_length_{std::exchange(other.mapped_length_, 0)},
          items_{std::exchange(other.items_, nullptr)},
          size_{std::exchange(other.size_, 0)} {}
    LargeArray& operator=(LargeArray&& other) noexcept {
        if (this != &other) {
            unmap();
            mapped_length_ = std::exchange(other.mapped_length_, 0);
            items_ = std::exchange(other.items_, nullptr);
            size_ = std::exchange(other.size_, 0);
        }
        return *this;
    }
    LargeArray(const LargeArray&) = delete;
    LargeArray& operator=(const LargeArray&) = delete;

    // In whole pages.
    [[nodiscard]] static constexpr std::size_t mapped_bytes(std::size_t size) noexcept {
        return round_up(size * sizeof(T), page_for(size));
    }

    // Empty if there is no memory.
    [[nodiscard]] static LargeArray map(std::size_t size) noexcept {
        LargeArray array;
        const std::size_t length = mapped_bytes(size);
        const std::size_t page = page_for(size);
        char* memory = map_aligned(length, page);
        if (memory == nullptr) {
            return array;
        }
        if (page == huge_page) {
            // Only a wish: without huge pages the array works all the same.
            static_cast<void>(madvise(memory, length, MADV_HUGEPAGE));
        }
        array.mapped_length_ = length;
        array.items_ = std::launder(reinterpret_cast<T*>(memory));
        // Taken here, and not page by page when packets come. Where the kernel can not do so, it is.
        if (madvise(memory, length, populate_write) != 0 && errno == ENOMEM) {
            return LargeArray{};
        }
        array.size_ = size;
        return array;
    }

    // In memory of somebody else's, which outlives it; as it lies there.
    [[nodiscard]] static LargeArray over(std::span<T> memory) noexcept {
        LargeArray array;
        array.items_ = memory.data();
        array.size_ = memory.size();
        return array;
    }

    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T* data() noexcept { return items_; }
    [[nodiscard]] const T* data() const noexcept { return items_; }
    [[nodiscard]] T& operator[](std::size_t at) noexcept { return items_[at]; }
    [[nodiscard]] const T& operator[](std::size_t at) const noexcept { return items_[at]; }

  private:
    static constexpr std::size_t small_page = 4096;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
    static constexpr int populate_write = 23;  // MADV_POPULATE_WRITE, since Linux 5.14
    [[nodiscard]] static constexpr std::size_t page_for(std::size_t size) noexcept {
        return round_up(size * sizeof(T), small_page) < huge_page ? small_page : huge_page;
    }
    [[nodiscard]] static constexpr std::size_t round_up(
        std::size_t value, std::size_t to
    ) noexcept {
        return (value + to - 1) / to * to;
    }
    // Nothing if there is no memory. The kernel places a mapping at any page: what is too much of it, so
    // that it begins at one of these, is given back.
    [[nodiscard]] static char* map_aligned(std::size_t length, std::size_t page) noexcept {
        const std::size_t spare = page - small_page;
        void* memory = mmap(
            nullptr, length + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0
        );
        if (memory == MAP_FAILED) {
            return nullptr;
        }
        const auto address = reinterpret_cast<std::uintptr_t>(memory);
        const std::size_t before = round_up(address, page) - address;
        char* const begin = static_cast<char*>(memory) + before;
        if (before != 0) {
            munmap(memory, before);
        }
        if (before != spare) {
            munmap(begin + length, spare - before);
        }
        return begin;
    }
    void unmap() noexcept {
        if (mapped_length_ != 0) {
            munmap(items_, mapped_length_);
        }
    }
    std::size_t mapped_length_ = 0;
    T* items_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ntm::tables
