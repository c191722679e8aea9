// SPDX-License-Identifier: BSD-3-Clause
// The seam between DPDK's buffers and the pipeline's packets. No byte of a frame is copied.
#pragma once

#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/punt_class.hpp"

#include <cstdint>

#include <rte_mbuf.h>

namespace ntm::dpdk {

[[nodiscard]] inline std::uint8_t marks_of(const rte_mbuf& buffer) noexcept {
    const std::uint64_t flags = buffer.ol_flags;
    std::uint8_t marks = ReceiveMarks::none;
    if ((flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD ||
        (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD) {
        marks = marks | ReceiveMarks::bad_checksum;
    }
    if ((flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD) {
        marks = marks | ReceiveMarks::good_ipv4_checksum;
    }
    return marks;
}

// Only what is common to all frames is set: the stages set the rest as they find it out.
inline void see_as_packet(const rte_mbuf& buffer, std::uint16_t port, Packet& packet) noexcept {
    packet.begin = rte_pktmbuf_mtod(&buffer, std::uint8_t*);
    packet.length = buffer.data_len;
    packet.headroom = buffer.data_off;
    packet.capacity = buffer.buf_len;
    packet.port = port;
    packet.fate = Fate::pending;
    packet.receive_marks = ReceiveMarks::none;
    if (buffer.ol_flags != 0) {
        packet.receive_marks = marks_of(buffer);
    }
    if (buffer.nb_segs != 1) [[unlikely]] {
        packet.receive_marks = packet.receive_marks | ReceiveMarks::multi_segment;
    }
}

// Gives the pipeline's view back to the buffer, before sending or punting.
inline void write_back(rte_mbuf& buffer, const Packet& packet) noexcept {
    buffer.data_off = packet.headroom;
    buffer.data_len = packet.length;
    buffer.pkt_len = packet.length;
}

// Of a frame on its way between a worker and the control thread, or from one worker to another.
struct FrameTag {
    std::uint16_t port = 0;
    std::uint8_t punt_class = 0;
    std::uint8_t marks = ReceiveMarks::none;  // that the buffer does not show
};

inline void set_tag(rte_mbuf& buffer, FrameTag tag) noexcept {
    buffer.hash.usr =
        std::uint32_t{tag.marks} << 24 | std::uint32_t{tag.punt_class} << 16 | tag.port;
}

[[nodiscard]] inline FrameTag tag_of(const rte_mbuf& buffer) noexcept {
    return {
        static_cast<std::uint16_t>(buffer.hash.usr),
        static_cast<std::uint8_t>(buffer.hash.usr >> 16),
        static_cast<std::uint8_t>(buffer.hash.usr >> 24)};
}

}  // namespace ntm::dpdk
