// SPDX-License-Identifier: BSD-3-Clause
// Frames that an RS-N makes beside those that it got. Whoever owns the buffers gives them, and carries
// their fates out.
#pragma once

#include "common/packet/burst.hpp"

#include <cstdint>

namespace ntm::relay {

class MadeFrames {
  public:
    // Bytes that there are in each, from where it begins.
    static constexpr std::uint16_t room = 2048;

    MadeFrames() = default;
    MadeFrames(const MadeFrames&) = delete;
    MadeFrames& operator=(const MadeFrames&) = delete;
    virtual ~MadeFrames() = default;

    // Adds an empty frame to a burst that is not full, whose others came by this too. False: there is
    // no buffer.
    [[nodiscard]] virtual bool add_to(Burst& burst) noexcept = 0;
    // Of all that the burst holds.
    virtual void carry_out(Burst& burst) noexcept = 0;
};

}  // namespace ntm::relay
