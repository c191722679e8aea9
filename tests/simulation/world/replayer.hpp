// SPDX-License-Identifier: BSD-3-Clause
// An attacker on the way: keeps packets that it saw and sends them again later, as they were or
// from an address of its own.
#pragma once

#include "common/protocol/ntm_header.hpp"
#include "tests/simulation/world/world.hpp"

#include <algorithm>
#include <vector>

namespace ntm::simulation {

class Replayer {
  public:
    explicit Replayer(World& world) : world_{world} {
        world.network.add_observer([this](const WirePacket& packet) {
            if (is_recording_ && kept_.size() < 2000) {
                kept_.push_back(packet);
            }
        });
    }

    // Sends `count` of the kept packets, drawn at random. The observer must not keep them again.
    void replay(std::size_t count, bool is_spoofing, RandomSource& random) {
        is_recording_ = false;
        for (std::size_t i = 0; i < count && !kept_.empty(); ++i) {
            WirePacket packet = kept_[random.below(kept_.size())];
            if (is_spoofing) {
                packet.datagram.local = packet.datagram.local.address.is_ipv4() ? ipv4_ : ipv6_;
                spoofed_bytes_ += packet.datagram.payload.size();
            }
            world_.network.inject(packet);
            ++sent_;
        }
        is_recording_ = true;
    }
    // Turns bits of kept packets round and cuts some short.
    void forge(std::size_t count, RandomSource& random) {
        for (std::size_t i = 0; i < count && !kept_.empty(); ++i) {
            WirePacket packet = kept_[random.below(kept_.size())];
            Bytes& payload = packet.datagram.payload;
            const std::size_t at = random.below(payload.size());
            payload[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
            payload.resize(random.below(4) == 0 ? random.below(payload.size()) : payload.size());
            world_.network.inject(packet);
            ++sent_;
        }
    }
    // Packets with a header that was seen, or another, and anything behind it.
    void invent(std::size_t count, RandomSource& random) {
        for (std::size_t i = 0; i < count && !kept_.empty(); ++i) {
            WirePacket packet = kept_[random.below(kept_.size())];
            Bytes& payload = packet.datagram.payload;
            payload.resize(std::max(protocol::NtmHeader::size, payload.size()));
            const std::size_t kept = random.below(2) == 0 ? protocol::NtmHeader::size : 2;
            random.fill(MutableByteView{payload}.subspan(kept));
            if (random.below(2) == 0) {
                packet.datagram.local = packet.datagram.local.address.is_ipv4() ? ipv4_ : ipv6_;
                spoofed_bytes_ += payload.size();
            }
            world_.network.inject(packet);
            ++sent_;
        }
    }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    // Of UDP payload that claimed to come from the attacker's own addresses.
    [[nodiscard]] std::uint64_t spoofed_bytes() const noexcept { return spoofed_bytes_; }

  private:
    World& world_;
    std::vector<WirePacket> kept_;
    bool is_recording_ = true;
    std::uint64_t sent_ = 0;
    std::uint64_t spoofed_bytes_ = 0;
    // No host has these: whoever answers answers into the void.
    Endpoint ipv4_ = *Endpoint::parse("192.0.2.66:6666");
    Endpoint ipv6_ = *Endpoint::parse("[2001:db8:bad::66]:6666");
};

}  // namespace ntm::simulation
