// SPDX-License-Identifier: BSD-3-Clause
// Memory that outlives the process: a file on tmpfs or hugetlbfs that one process at a time holds. It has
// secrets in it, so that it is never on a disk and nobody else's to read. What lies in it when a process
// has been killed is as good as that process's stores (keep_order()); who takes it over checks each
// record.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/tables/kept_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <utility>

namespace ntm::tables {

class KeptMemory {
  public:
    enum class Found : std::uint8_t {
        nothing,  // it is all zero
        other,    // likewise: what there was had another layout, and is gone
        left,     // by the process before
    };

    // The error is a sentence.
    [[nodiscard]] static Result<KeptMemory, std::string> open(
        const std::string& file, const KeptLayout& layout
    );
    ~KeptMemory();
    KeptMemory(KeptMemory&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)},
          memory_{std::exchange(other.memory_, nullptr)},
          length_{std::exchange(other.length_, 0)},
          found_{other.found_} {}
    KeptMemory& operator=(KeptMemory&&) = delete;
    KeptMemory(const KeptMemory&) = delete;
    KeptMemory& operator=(const KeptMemory&) = delete;

    [[nodiscard]] Found found() const noexcept { return found_; }

    // Of the layout that it was opened with.
    template <typename T>
    [[nodiscard]] std::span<T> operator[](const KeptLayout::Part<T>& part) noexcept {
        auto* const first = reinterpret_cast<T*>(memory_ + header_size + part.at);
        return {std::launder(first), part.count};
    }

  private:
    static constexpr std::size_t header_size = 4096;

    explicit KeptMemory(int descriptor) noexcept : descriptor_{descriptor} {}
    // Before it is locked nothing is done to the file.
    [[nodiscard]] static Result<KeptMemory, std::string> open_locked(const std::string& file);
    [[nodiscard]] bool is_removed() const noexcept;
    // Each: what is wrong, or nothing.
    [[nodiscard]] std::string lock() const;
    [[nodiscard]] std::string check_file() const;
    [[nodiscard]] std::string take(const KeptLayout& layout);
    [[nodiscard]] bool map() noexcept;
    void unmap() noexcept;
    [[nodiscard]] bool has(std::uint64_t fingerprint) const noexcept;

    int descriptor_;  // owned, with the lock on the file
    std::byte* memory_ = nullptr;
    std::size_t length_ = 0;
    Found found_ = Found::nothing;
};

}  // namespace ntm::tables
