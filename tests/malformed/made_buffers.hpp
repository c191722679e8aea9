// SPDX-License-Identifier: BSD-3-Clause
// Buffers for the frames that a relay makes, of which there are always enough. What became of a frame is
// kept, to be looked at once the relay is done.
#pragma once

#include "common/base/bytes.hpp"
#include "rs-dataplane/relay/made_frames.hpp"

#include <array>
#include <utility>
#include <vector>

namespace ntm::malformed {

struct MadeFrame {
    Bytes bytes;
    Packet packet;  // a view of them
};

class MadeBuffers final : public relay::MadeFrames {
  public:
    [[nodiscard]] bool add_to(Burst& burst) noexcept override {
        Buffer& buffer = buffers_[burst.count];
        Packet& packet = burst.packets[burst.count++];
        packet = {};
        packet.begin = buffer.data() + headroom;
        packet.headroom = headroom;
        packet.capacity = static_cast<std::uint16_t>(buffer.size());
        return true;
    }
    void carry_out(Burst& burst) noexcept override {
        for (std::size_t i = 0; i < burst.count; ++i) {
            const Packet& packet = burst.packets[i];
            MadeFrame& made = made_.emplace_back();
            made.bytes.assign(packet.begin, packet.begin + packet.length);
            made.packet = packet;
            made.packet.begin = made.bytes.data();
        }
    }
    // Since it was asked last.
    [[nodiscard]] std::vector<MadeFrame> take() { return std::exchange(made_, {}); }

  private:
    static constexpr std::uint16_t headroom = 128;
    using Buffer = std::array<std::uint8_t, headroom + room>;

    std::array<Buffer, burst_size> buffers_{};
    std::vector<MadeFrame> made_;
};

}  // namespace ntm::malformed
