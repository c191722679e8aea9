// SPDX-License-Identifier: BSD-3-Clause
// A frame as a port gives it, and what is said when a promise about it is broken.
#pragma once

#include "common/base/bytes.hpp"

#include <cstdint>
#include <stdexcept>

namespace ntm::malformed {

inline constexpr std::size_t longest_frame = 9600;

struct WireFrame {
    ByteView bytes;  // at most longest_frame
    std::uint16_t port = 0;
    std::uint8_t receive_marks = 0;
    std::uint16_t headroom = 128;  // at most that
    std::uint16_t tailroom = 0;    // at most 64
};

struct BrokenPromise : std::logic_error {
    using std::logic_error::logic_error;
};

inline void hold(bool holds, const char* promise) {
    if (!holds) [[unlikely]] {
        throw BrokenPromise{promise};
    }
}

}  // namespace ntm::malformed
