// SPDX-License-Identifier: BSD-3-Clause
// Bytes whose last one is the last readable byte: behind it lies a page that nobody may touch, so
// a parser that reads too far ends the test, with or without a sanitizer.
#pragma once

#include "common/base/bytes.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

namespace ntm {

class GuardedBytes {
  public:
    explicit GuardedBytes(ByteView bytes)
        : page_{static_cast<std::size_t>(sysconf(_SC_PAGESIZE))},
          readable_{(bytes.size() / page_ + 1) * page_},
          size_{bytes.size()} {
        void* const area = mmap(
            nullptr, readable_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0
        );
        if (area == MAP_FAILED) {
            std::abort();
        }
        area_ = static_cast<std::uint8_t*>(area);
        std::ranges::copy(bytes, area_ + readable_ - size_);
        if (mprotect(area_ + readable_, page_, PROT_NONE) != 0) {
            std::abort();
        }
    }
    GuardedBytes(const GuardedBytes&) = delete;
    GuardedBytes& operator=(const GuardedBytes&) = delete;
    ~GuardedBytes() { munmap(area_, readable_ + page_); }

    [[nodiscard]] ByteView view() const noexcept { return {area_ + readable_ - size_, size_}; }
    [[nodiscard]] MutableByteView bytes() noexcept { return {area_ + readable_ - size_, size_}; }

  private:
    std::size_t page_;
    std::size_t readable_;
    std::size_t size_;
    std::uint8_t* area_ = nullptr;
};

// Whether `inner` lies in `outer`; an empty one may stand at its end.
[[nodiscard]] inline bool is_inside(ByteView inner, ByteView outer) noexcept {
    return inner.data() >= outer.data() &&
           inner.data() + inner.size() <= outer.data() + outer.size();
}

}  // namespace ntm
