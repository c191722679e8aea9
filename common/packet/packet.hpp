// SPDX-License-Identifier: BSD-3-Clause
// One frame on its way through the pipeline: a contiguous view with room before and behind it, what
// the stages have found out about it, and in the end its fate. The buffer behind the view belongs
// to whoever filled the view in (an mbuf in dpdk/, an array in a test).
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/packet/drop_reason.hpp"

#include <cstdint>

namespace ntm {

namespace tables {
struct Passage;
}

// How a packet ends at a worker: exactly one of those behind the first. One that is handed over is in
// another worker's hands as it came. Of one that is held what it carried has been copied, and who did
// so counts it when that goes.
enum class Fate : std::uint8_t { pending, transmit, punt, drop, hand_over, held };

// What is known of a frame besides its bytes: by the port, since it came from here, or by the worker
// that has handed it over.
struct ReceiveMarks {
    static constexpr std::uint8_t none = 0;
    static constexpr std::uint8_t bad_checksum = 1;
    static constexpr std::uint8_t multi_segment = 2;
    static constexpr std::uint8_t good_ipv4_checksum = 4;
    static constexpr std::uint8_t hairpinned =
        8;  // a node's packet for a public port of this relay
    static constexpr std::uint8_t for_this_worker = 16;  // a fragment of a packet that is
    static constexpr std::uint8_t refused = bad_checksum | multi_segment;
};

struct alignas(64) Packet {
    std::uint8_t* begin;
    const tables::Passage* passage;  // set by find_path
    PathId path_id;                  // set by classify for tunnel packets
    std::uint32_t slot;              // set by find_path
    std::uint16_t length;
    std::uint16_t headroom;
    std::uint16_t capacity;   // of the buffer: headroom, frame and tailroom
    std::uint16_t port;       // where it came in; with fate `transmit`, where it goes out
    std::uint16_t ip_length;  // of the packet as it came in, headers included; what its leg counts
    std::uint16_t udp_delta;  // set by check_leg
    std::uint16_t udp_at;     // offset of the UDP header
    std::uint8_t receive_marks;
    Fate fate;
    DropReason reason;         // with fate `drop`
    std::uint8_t punt_class;   // relay::PuntClass, with fate `punt`
    std::uint8_t own_address;  // number of the own address it came to
    std::uint8_t worker;       // with fate `hand_over`
    Role role;                 // of the NTM header's sender
    bool is_ipv6;

    [[nodiscard]] ByteView bytes() const noexcept { return {begin, length}; }
    [[nodiscard]] std::uint16_t tailroom() const noexcept {
        return static_cast<std::uint16_t>(capacity - headroom - length);
    }

    void transmit(std::uint16_t out_port) noexcept {
        port = out_port;
        fate = Fate::transmit;
    }
    void punt(std::uint8_t its_class) noexcept {
        punt_class = its_class;
        fate = Fate::punt;
    }
    void hand_over(std::uint8_t to_worker) noexcept {
        worker = to_worker;
        fate = Fate::hand_over;
    }
    void hold() noexcept { fate = Fate::held; }
    void drop(DropReason why) noexcept {
        reason = why;
        fate = Fate::drop;
    }

    // Moves the beginning; the caller has checked headroom or length.
    void grow_front(std::uint16_t by) noexcept {
        begin -= by;
        length = static_cast<std::uint16_t>(length + by);
        headroom = static_cast<std::uint16_t>(headroom - by);
    }
    void shrink_front(std::uint16_t by) noexcept {
        begin += by;
        length = static_cast<std::uint16_t>(length - by);
        headroom = static_cast<std::uint16_t>(headroom + by);
    }
    // Cuts what stands behind the first `wanted` bytes, such as Ethernet's padding.
    void trim_to(std::uint16_t wanted) noexcept { length = wanted; }
};
static_assert(sizeof(Packet) <= 64);

}  // namespace ntm
