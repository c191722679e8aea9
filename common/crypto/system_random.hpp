// SPDX-License-Identifier: BSD-3-Clause
// The operating system's CSPRNG as a RandomSource: what programs pass to the parts below main().
#pragma once

#include "common/base/random.hpp"

#include <array>
#include <cstddef>

namespace ntm::crypto {

class SystemRandom final : public RandomSource {
  public:
    // Ends the process when there is no randomness to be had: no key is ever made without.
    void fill(MutableByteView bytes) override;
};

// The same for a thread that must not stop at every draw: it asks the system for 4 KiB at a time. For
// what nobody should foresee, not for keys: what it will give next lies in memory.
class BufferedRandom final : public RandomSource {
  public:
    explicit BufferedRandom(RandomSource& source) noexcept : source_{source} {}
    void fill(MutableByteView bytes) override;

  private:
    RandomSource& source_;
    std::array<std::uint8_t, 4096> drawn_{};
    std::size_t left_ = 0;
};

}  // namespace ntm::crypto
