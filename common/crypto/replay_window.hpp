// SPDX-License-Identifier: BSD-3-Clause
// A sliding window over the counters of one key (RFC 6479): which have been taken. check() before
// the tag is verified, update() only after, so that forgeries move nothing.
//
// A ring of 64-bit words holds one bit for each counter. The window's upper edge moves a word at a
// time; the words it passes are cleared, so one word of the ring is always on the way out and the
// window is that much shorter than the ring. The newest word stands beside the edge, so that packets
// that come in order touch one cache line.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

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
        const std::uint64_t its = is_newest(counter) ? newest_ : ring_[place_of(counter)];
        return (its & bit_of(counter)) == 0;
    }

    // Takes `counter`, for which check() has been true.
    void update(std::uint64_t counter) noexcept {
        if (counter >= next_) {
            advance(counter);
        }
        std::uint64_t& its = is_newest(counter) ? newest_ : ring_[place_of(counter)];
        its |= bit_of(counter);
    }

    // As if all counters up to the highest one taken had been.
    void close() noexcept {
        if (next_ == 0) {
            return;
        }
        ring_.fill(~std::uint64_t{0});
        const std::uint64_t highest = next_ - 1;
        newest_ = ~std::uint64_t{0} >> (word_bits - 1 - highest % word_bits);
    }

    // The highest counter taken and one more; 0 before the first.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

  private:
    [[nodiscard]] static constexpr std::size_t place_of(std::uint64_t counter) noexcept {
        return static_cast<std::size_t>(counter / word_bits % words);
    }
    [[nodiscard]] static constexpr std::uint64_t bit_of(std::uint64_t counter) noexcept {
        return std::uint64_t{1} << (counter % word_bits);
    }
    // Whether it belongs to the word of the highest counter taken, or to one that is not there yet.
    [[nodiscard]] bool is_newest(std::uint64_t counter) const noexcept {
        return next_ == 0 || counter / word_bits >= (next_ - 1) / word_bits;
    }
    void advance(std::uint64_t counter) noexcept {
        if (next_ != 0) {
            const std::uint64_t from = (next_ - 1) / word_bits;
            const std::uint64_t passed = counter / word_bits - from;
            if (passed != 0) {
                ring_[from % words] = std::exchange(newest_, 0);
            }
            for (std::uint64_t i = 1; i < std::min(passed, words + 1); ++i) {
                ring_[(from + i) % words] = 0;
            }
        }
        next_ = counter + 1;
    }

    std::array<std::uint64_t, words> ring_{};
    std::uint64_t next_ = 0;
    std::uint64_t newest_ = 0;  // the word that next_ - 1 belongs to
};

}  // namespace ntm::crypto
