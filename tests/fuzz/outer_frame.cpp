// SPDX-License-Identifier: BSD-3-Clause
// Frames from the wire into the whole pipeline, in front of a table with paths of all family pairs.
// Input: for each frame a byte for port, room and marks, its length (2 bytes) and its bytes; up
// to a burst of them. Promises: those of WatchedRelay.
#include "tests/fuzz/target.hpp"
#include "tests/malformed/watched_relay.hpp"

namespace ntm::fuzz {

namespace {

using malformed::WatchedRelay;
using malformed::WireFrame;

// Small budgets, so that a burst can be too much for them, which have filled up again by the next
// run.
relay::Settings settings() {
    relay::Settings made = WatchedRelay::usual_settings();
    for (Budget& budget : made.punt_budgets) {
        budget = {16, 16};
    }
    made.legs_per_path = {8, 8};
    made.cookies_per_ipv4_source = made.cookies_per_ipv6_source = {8, 8};
    made.cookies_per_network = {12, 12};
    made.cookies = {16, 16};
    return made;
}

WatchedRelay& the_relay() {
    static WatchedRelay made{settings()};
    return made;
}

}  // namespace

void set_up() {
    malformed::start_eal();
    the_relay();
}

void run(ByteView bytes) {
    constexpr std::size_t longest = 2048;
    static Instant now{std::chrono::seconds{100}};
    now = now + std::chrono::seconds{2};
    Input input{bytes};
    std::array<WireFrame, burst_size> frames;
    std::size_t count = 0;
    while (!input.is_empty() && count < burst_size) {
        const std::uint8_t about = input.byte();
        frames[count++] = {
            input.take(input.word() % (longest + 1)),
            static_cast<std::uint16_t>(about & 1),
            static_cast<std::uint8_t>(about >> 2 & 7),
            (about & 2) != 0 ? std::uint16_t{0} : std::uint16_t{128},
            (about & 32) != 0 ? std::uint16_t{64} : std::uint16_t{0}};
    }
    the_relay().run({frames.data(), count}, now);
}

}  // namespace ntm::fuzz
