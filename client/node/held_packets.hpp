// SPDX-License-Identifier: BSD-3-Clause
// Packets from the TUN device that wait for their path: up to 32, for 5 s (docs/protocol.md section
// 4.2). When it is full the oldest goes, as its sender is the likeliest to have given up.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace ntm::client {

class HeldPackets {
  public:
    static constexpr std::size_t capacity = 32;
    static constexpr Duration patience = std::chrono::seconds{5};

    // False if another packet had to go for it.
    bool hold(Bytes packet, Instant now) {
        const bool is_full = packets_.size() == capacity;
        if (is_full) {
            packets_.pop_front();
        }
        packets_.push_back({std::move(packet), now + patience});
        return !is_full;
    }
    // Those held by another one, as long as they have left.
    void take_over(HeldPackets&& other) {
        for (Held& held : other.packets_) {
            if (packets_.size() == capacity) {
                packets_.pop_front();
            }
            packets_.push_back(std::move(held));
        }
        other.packets_.clear();
    }
    // What is not too old, in the order in which it came.
    [[nodiscard]] std::vector<Bytes> take(Instant now) {
        std::vector<Bytes> taken;
        for (Held& held : packets_) {
            if (now < held.until) {
                taken.push_back(std::move(held.packet));
            }
        }
        packets_.clear();
        return taken;
    }
    // How many were too old.
    std::size_t expire(Instant now) {
        return std::erase_if(packets_, [now](const Held& held) { return now >= held.until; });
    }
    // How many there were.
    std::size_t drop() noexcept {
        const std::size_t count = packets_.size();
        packets_.clear();
        return count;
    }
    [[nodiscard]] bool is_empty() const noexcept { return packets_.empty(); }
    [[nodiscard]] Instant next_timeout() const noexcept {
        return packets_.empty() ? Instant::never() : packets_.front().until;
    }

  private:
    struct Held {
        Bytes packet;
        Instant until;
    };
    std::deque<Held> packets_;
};

}  // namespace ntm::client
