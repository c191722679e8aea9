// SPDX-License-Identifier: BSD-3-Clause
// One end of the emulated link: a packet socket on a network interface, which sees each frame that comes in
// there as it was on the wire, with the time of its arrival, and sends frames as they are.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "tests/link/link_model.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace ntm::link {

class PacketEnd {
  public:
    // The error is a sentence.
    [[nodiscard]] static Result<PacketEnd, std::string> open(const std::string& interface);
    ~PacketEnd();
    PacketEnd(PacketEnd&& other) noexcept;
    PacketEnd(const PacketEnd&) = delete;
    PacketEnd& operator=(const PacketEnd&) = delete;

    using Sink = std::function<void(Frame, Instant arrived)>;
    // What has come, one batch of it.
    void receive(const Sink& sink);
    void send(const Frame& frame) noexcept;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    struct Counters {
        std::uint64_t missed = 0;      // the socket had no room for
        std::uint64_t unfinished = 0;  // dropped: their checksums were left to a network card
        std::uint64_t unsent = 0;      // the interface was down, or the frame too long for it
    };
    [[nodiscard]] const Counters& counters();

  private:
    explicit PacketEnd(int descriptor) noexcept : descriptor_{descriptor} {}
    int descriptor_;
    Counters counters_;
};

// What the kernel has taken out of a frame that had a VLAN tag, put back behind the link addresses.
void insert_tag(Frame& frame, std::uint16_t protocol, std::uint16_t tag);

}  // namespace ntm::link
