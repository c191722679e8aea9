// SPDX-License-Identifier: BSD-3-Clause
// Sends a packet on in frames of its own: in fragments, if it is longer than it may be.
#pragma once

#include "common/crypto/suite.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/fragment_cutter.hpp"
#include "rs-dataplane/relay/made_frames.hpp"

#include <algorithm>
#include <cstdint>

namespace ntm::relay {

class FrameMaker {
  public:
    explicit FrameMaker(WorkerCounters& counters) noexcept : counters_{counters} {}
    // Without, there are no buffers.
    void use(MadeFrames& frames) noexcept { frames_ = &frames; }

    // The longest IP packet that a frame has room for, in a tunnel of any suite too.
    static constexpr std::uint16_t longest =
        MadeFrames::room - inner_at - crypto::aes_block_size - crypto::tag_size;

    struct Cut {
        std::uint16_t most = longest;  // of each one; enough for FragmentCutter
        std::uint32_t ipv6_identification = 0;
    };
    // Of a packet at `inner_at`, and the end that it goes by, if one. `send` gives the fates to those
    // of a lane of a burst, of which all is known that was of the packet. False: there were no buffers
    // for all.
    template <typename Send>
    [[nodiscard]] bool send(
        const Packet& packet, const tables::TunnelEnd* end, const Cut& cut, Send&& send
    ) noexcept;

  private:
    [[nodiscard]] bool add(const Packet& like, const tables::TunnelEnd* end) noexcept {
        if (frames_ == nullptr || !frames_->add_to(burst_)) {
            return false;
        }
        const std::size_t number = burst_.count - 1;
        Packet& made = burst_.packets[number];
        const Packet empty = made;
        made = like;
        made.begin = empty.begin;
        made.headroom = empty.headroom;
        made.capacity = empty.capacity;
        made.receive_marks = like.receive_marks & ReceiveMarks::hairpinned;
        made.fate = Fate::pending;
        std::copy_n(like.begin, inner_at, made.begin);
        ended_.ends[number] = end;
        return true;
    }

    WorkerCounters& counters_;
    MadeFrames* frames_ = nullptr;
    Burst burst_;
    EndedPackets ended_;
};

template <typename Send>
bool FrameMaker::send(
    const Packet& packet, const tables::TunnelEnd* end, const Cut& cut, Send&& send
) noexcept {
    FragmentCutter cutter{
        packet.bytes().subspan(inner_at), std::min(cut.most, longest), cut.ipv6_identification};
    bool has_buffers = true;
    while (has_buffers && !cutter.is_done()) {
        Lane lane;
        while (lane.size() < burst_size && !cutter.is_done() && has_buffers) {
            has_buffers = add(packet, end);
            if (has_buffers) {
                Packet& made = burst_.packets[lane.size()];
                made.length =
                    static_cast<std::uint16_t>(inner_at + cutter.write_next(made.begin + inner_at));
                lane.add(lane.size());
            }
        }
        if (!lane.is_empty()) {
            counters_.made.add(lane.size());
            send(burst_, lane, ended_);
            frames_->carry_out(burst_);
            burst_.count = 0;
        }
    }
    return has_buffers;
}

}  // namespace ntm::relay
