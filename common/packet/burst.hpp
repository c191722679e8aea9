// SPDX-License-Identifier: BSD-3-Clause
// Up to 32 packets that go through the pipeline together, and lanes: lists of those of them that a
// stage is about. Dropping takes a packet out of its lane and keeps the order of the others.
#pragma once

#include "common/packet/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ntm {

inline constexpr std::size_t burst_size = 32;

struct Burst {
    std::array<Packet, burst_size> packets;
    std::size_t count = 0;
};

class Lane {
  public:
    void clear() noexcept { size_ = 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::uint8_t operator[](std::size_t at) const noexcept { return members_[at]; }

    void add(std::size_t member) noexcept { members_[size_++] = static_cast<std::uint8_t>(member); }
    void add_all(const Lane& others) noexcept {
        for (std::size_t i = 0; i < others.size(); ++i) {
            add(others[i]);
        }
    }
    // Adds without a branch: the place is written always and kept if `is_member`.
    void add_if(std::size_t member, bool is_member) noexcept {
        members_[size_] = static_cast<std::uint8_t>(member);
        size_ += is_member ? 1 : 0;
    }

    // Runs `step` on every member; those for which it gives a reason are dropped and leave.
    template <typename Step>
    void apply(Burst& burst, Step&& step) noexcept {
        // Out of memory, which a step's writes to packet bytes might change as far as is known here.
        const std::size_t size = size_;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint8_t member = members_[i];
            Packet& packet = burst.packets[member];
            const DropReason reason = step(packet);
            members_[kept] = member;
            if (reason == DropReason::none) [[likely]] {
                ++kept;
                continue;
            }
            packet.drop(reason);
        }
        size_ = kept;
    }

    // Takes out those for which `is_out` is true, which has seen to their fate.
    template <typename IsOut>
    void take_out(Burst& burst, IsOut&& is_out) noexcept {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            const std::uint8_t member = members_[i];
            members_[kept] = member;
            kept += is_out(burst.packets[member]) ? 0 : 1;
        }
        size_ = kept;
    }

  private:
    // One place more than there are members, which add_if may write.
    std::array<std::uint8_t, burst_size + 1> members_;
    std::size_t size_ = 0;
};

}  // namespace ntm
