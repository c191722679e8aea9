// SPDX-License-Identifier: BSD-3-Clause
// The operating system's CSPRNG as a RandomSource: what programs pass to the parts below main().
#pragma once

#include "common/base/random.hpp"

namespace ntm::crypto {

class SystemRandom final : public RandomSource {
  public:
    // Ends the process when there is no randomness to be had: no key is ever made without.
    void fill(MutableByteView bytes) override;
};

}  // namespace ntm::crypto
