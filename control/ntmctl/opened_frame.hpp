// SPDX-License-Identifier: BSD-3-Clause
// One captured frame, from the link layer to the NTM packet in it, and that packet opened in its
// place. Pure; capture_file.cpp reads and writes the files.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/protocol/captured.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace ntm::control {

// How many packets of a capture there were, by what became of them.
struct CaptureCounts {
    std::uint64_t packets = 0;
    std::array<std::uint64_t, 6> opened{};  // by PacketType
    std::uint64_t handshake = 0;            // closed to a key log
    std::uint64_t cookie = 0;               // in clear anyway
    std::uint64_t no_key = 0;
    std::uint64_t bad_tag = 0;
    std::uint64_t malformed = 0;
    std::uint64_t looks_opened = 0;  // left out: an opened packet is one that was opened here
    std::uint64_t cut_short = 0;     // the capture has not all of its bytes
    std::uint64_t not_ntm = 0;
};

// Whether frames of this link type (tcpdump.org/linktypes) can be read.
[[nodiscard]] bool is_known_link_type(int link_type) noexcept;

enum class FrameFate : std::uint8_t { kept, left_out };

struct CapturedFrame {
    MutableByteView bytes;
    int link_type = 0;
    bool is_whole = true;  // the capture has all of the frame's bytes
};

// Opens the NTM packet in `frame`, if it is one, comes from or goes to `port`, and `keys` open it:
// then the frame has that packet as CaptureKeys::open makes it and a UDP checksum that fits. Counts
// it in any case.
[[nodiscard]] FrameFate open_frame(
    const CapturedFrame& frame, Port port, const protocol::CaptureKeys& keys, CaptureCounts& counts
);

}  // namespace ntm::control
