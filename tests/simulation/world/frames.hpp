// SPDX-License-Identifier: BSD-3-Clause
// Ethernet frames around datagrams, built and taken apart without any code of the data plane, so
// that what it sends is held against a second opinion (checksums in full, lengths, DF, hop limit).
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/datagram.hpp"
#include "common/base/result.hpp"

#include <string>

namespace ntm::simulation {

struct FrameHeads {
    MacAddress source;
    MacAddress destination;
    std::uint8_t traffic_class = 0;
    std::uint8_t hop_limit = 64;
};

struct OpenedFrame {
    FrameHeads heads;
    Datagram datagram;  // local: its source; remote: its destination
};

// From `datagram.local` to `datagram.remote`, both of one family.
[[nodiscard]] Bytes build_frame(const FrameHeads& heads, const Datagram& datagram);
// What is wrong with the frame, if anything is.
[[nodiscard]] Result<OpenedFrame, std::string> open_frame(ByteView frame);

// Parts of them, also for packets inside a tunnel.
[[nodiscard]] std::uint16_t internet_checksum(ByteView bytes, std::uint32_t sum = 0);
[[nodiscard]] Bytes build_udp_packet(const FrameHeads& heads, const Datagram& datagram);
[[nodiscard]] Result<OpenedFrame, std::string> open_udp_packet(ByteView packet);

}  // namespace ntm::simulation
