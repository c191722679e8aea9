// SPDX-License-Identifier: BSD-3-Clause
// What outlives the process (KeptMemory), array by array: where each lies, and a fingerprint of all that
// has to be the same in the process that goes on with it.
#pragma once

#include "common/base/rate_limit.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace ntm::tables {

// All stores of a process are made in the order of its instructions, even if it is killed between two of
// them: only the compiler could bring one forward past this.
inline void keep_order() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

class KeptLayout {
  public:
    // An array of these; of records that zero bytes are, which need no destructor and hold no pointer.
    template <typename T>
    struct Part {
        std::size_t at = 0;  // in bytes
        std::size_t count = 0;
    };

    template <typename T>
    [[nodiscard]] Part<T> add(std::size_t count) noexcept {
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= page);
        note(sizeof(T));
        note(count);
        const Part<T> part{bytes_, count};
        bytes_ += (count * sizeof(T) + page - 1) / page * page;
        return part;
    }
    // Something without which the records mean something else.
    void note(std::uint64_t fact) noexcept { fingerprint_ = mix(fingerprint_ + fact + 1); }
    void note(std::string_view fact) noexcept {
        note(fact.size());
        for (const char one : fact) {
            note(static_cast<std::uint8_t>(one));
        }
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

  private:
    static constexpr std::size_t page = 4096;
    // Of the records as they are in this version: one more whenever one that keeps its size changes.
    static constexpr std::uint64_t version = 3;

    std::size_t bytes_ = 0;
    std::uint64_t fingerprint_ = version;
};

}  // namespace ntm::tables
