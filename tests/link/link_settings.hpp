// SPDX-License-Identifier: BSD-3-Clause
// What one direction of an emulated link does to frames, and the words that ask for it:
//
//     --delay 20ms --jitter 2ms --loss 1% --reorder 1% --duplicate 1% --rate 100mbit --queue 100ms
//     --only up|down --seed 7
//
// An order states all of it: what it does not name is off.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ntm::link {

// Of a million frames.
struct Share {
    std::uint32_t per_million = 0;
};

struct LinkSettings {
    Duration delay{0};
    // Even over [delay - jitter, delay + jitter]; not above the delay.
    Duration jitter{0};
    Share loss{};
    // So many do not wait for the delay, and overtake those that do.
    Share reorder{};
    Share duplicate{};
    // Bits of frames a second, from their link header on (no preamble, no FCS); 0 is without bound.
    std::uint64_t rate = 0;
    // A frame that would wait longer than this for its turn at that rate is dropped.
    Duration queue = std::chrono::milliseconds{100};
};

struct LinkOrder {
    LinkSettings settings;
    bool is_for_up = true;
    bool is_for_down = true;
    std::optional<std::uint64_t> seed;
};

// The error is a sentence.
[[nodiscard]] Result<LinkOrder, std::string> parse_order(std::span<const std::string> words);

}  // namespace ntm::link
