// SPDX-License-Identifier: BSD-3-Clause
// The buffers of a burst: nothing but the frames and the room on their sides is open to the relay, which
// AddressSanitizer sees to.
#pragma once

#include "common/packet/burst.hpp"
#include "tests/malformed/wire_frame.hpp"

#include <algorithm>
#include <array>
#include <span>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
extern "C" void __asan_poison_memory_region(const volatile void* begin, std::size_t size);
extern "C" void __asan_unpoison_memory_region(const volatile void* begin, std::size_t size);
#endif

namespace ntm::malformed {

#ifdef __SANITIZE_ADDRESS__
inline void open_memory(const std::uint8_t* begin, std::size_t size) {
    __asan_unpoison_memory_region(begin, size);
}
inline void close_memory(const std::uint8_t* begin, std::size_t size) {
    __asan_poison_memory_region(begin, size);
}
#else
inline void open_memory(const std::uint8_t* /*begin*/, std::size_t /*size*/) {}
inline void close_memory(const std::uint8_t* /*begin*/, std::size_t /*size*/) {}
#endif

class BurstBuffers {
  public:
    static constexpr std::size_t headroom = 128;

    BurstBuffers() = default;
    BurstBuffers(const BurstBuffers&) = delete;
    BurstBuffers& operator=(const BurstBuffers&) = delete;
    ~BurstBuffers() {
        for (const Buffer& buffer : buffers_) {
            open_memory(buffer.bytes.data(), buffer_size);
        }
    }

    void fill(std::span<const WireFrame> frames) {
        burst.count = frames.size();
        for (std::size_t i = 0; i < frames.size(); ++i) {
            fill(buffers_[i].bytes.data(), frames[i], burst.packets[i]);
        }
    }
    // Where the frame of that number begins.
    [[nodiscard]] const std::uint8_t* frame(std::size_t number) const {
        return buffers_.at(number).bytes.data() + headroom;
    }

    Burst burst;

  private:
    static constexpr std::size_t tailroom = 64;
    // A multiple of AddressSanitizer's granule in front of the frame, so that what may not be touched
    // behind the headroom that a packet says it has can be marked.
    static constexpr std::size_t buffer_size = headroom + longest_frame + tailroom;
    struct alignas(64) Buffer {
        std::array<std::uint8_t, buffer_size> bytes;
    };

    static void fill(std::uint8_t* buffer, const WireFrame& frame, Packet& packet) {
        std::uint8_t* const begin = buffer + headroom;
        open_memory(buffer, buffer_size);
        std::ranges::copy(frame.bytes, begin);
        close_memory(buffer, headroom - frame.headroom);
        const std::size_t open = frame.bytes.size() + frame.tailroom;
        close_memory(begin + open, buffer_size - headroom - open);
        packet = {};
        packet.begin = begin;
        packet.length = static_cast<std::uint16_t>(frame.bytes.size());
        packet.headroom = frame.headroom;
        packet.capacity = static_cast<std::uint16_t>(frame.headroom + open);
        packet.port = frame.port;
        packet.receive_marks = frame.receive_marks;
    }

    std::array<Buffer, burst_size> buffers_;
};

}  // namespace ntm::malformed
