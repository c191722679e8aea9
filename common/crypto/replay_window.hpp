// SPDX-License-Identifier: BSD-3-Clause
// A sliding window over the counters of one key (RFC 6479): which have been taken. check() before
// the tag is verified, update() only after, so that forgeries move nothing.
//
// A ring of 64-bit words holds one bit for each counter. The window's upper edge moves a word at a
// time; the words it enters are cleared, so one word of the ring is always on the way out and the
// window is that much shorter than the ring.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace ntm::crypto {

class ReplayWindow {
  public:
    static constexpr std::uint64_t word_bits = 64;
    static constexpr std::uint64_t words = 32;
    // Counters this far below the highest are too old to tell.
    static constexpr std::uint64_t size = (words - 1) * word_bits;

    // Whether `counter` is new, as far as the window reaches.
    [[nodiscard]] bool check(std::uint64_t counter) const noexcept {
        if (counter >= next_) {
            return true;
        }
        if (next_ - counter > size) {
            return false;
        }
        return (ring_[word_of(counter)] & bit_of(counter)) == 0;
    }

    // Takes `counter`, for which check() has been true.
    void update(std::uint64_t counter) noexcept {
        if (counter >= next_) {
            advance(counter);
        }
        ring_[word_of(counter)] |= bit_of(counter);
    }

    // The highest counter taken and one more; 0 before the first.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

  private:
    [[nodiscard]] static constexpr std::size_t word_of(std::uint64_t counter) noexcept {
        return static_cast<std::size_t>(counter / word_bits % words);
    }
    [[nodiscard]] static constexpr std::uint64_t bit_of(std::uint64_t counter) noexcept {
        return std::uint64_t{1} << (counter % word_bits);
    }
    void advance(std::uint64_t counter) noexcept {
        if (next_ != 0) {
            const std::uint64_t from = (next_ - 1) / word_bits;
            const std::uint64_t to = counter / word_bits;
            for (std::uint64_t i = 0; i < std::min(to - from, words); ++i) {
                ring_[(to - i) % words] = 0;
            }
        }
        next_ = counter + 1;
    }

    std::array<std::uint64_t, words> ring_{};
    std::uint64_t next_ = 0;
};

}  // namespace ntm::crypto
