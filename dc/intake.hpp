// SPDX-License-Identifier: BSD-3-Clause
// What has come to the DC and waits for its turn, in bounded memory. When more comes than can be served,
// as after an outage, the order decides: served in theirs, all handshakes would get answers that come too
// late for the sessions that they make. So the newest is served first, and one that has waited as long as
// its sender waits before it repeats it, or newer ones need its place, is given up. What belongs to
// sessions keeps its order, and neither kind has to wait for the whole of the other.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace ntm::dc {

struct IntakeCounters {
    std::uint64_t handshakes_given_up = 0;
    std::uint64_t no_room = 0;  // of what is no handshake
};

class Intake {
  public:
    static constexpr Duration patience = std::chrono::seconds{1};
    static constexpr std::size_t capacity = 8192;  // of each kind

    void add(Datagram datagram, Instant now);
    // What is to be served next, in that order.
    [[nodiscard]] std::vector<Datagram> take(std::size_t most, Instant now);
    [[nodiscard]] bool is_empty() const noexcept { return handshakes_.empty() && others_.empty(); }
    [[nodiscard]] const IntakeCounters& counters() const noexcept { return counters_; }

  private:
    struct Handshake {
        Datagram datagram;
        Instant came;
    };
    void give_up_oldest();

    std::deque<Handshake> handshakes_;  // first messages, as they came
    std::deque<Datagram> others_;
    IntakeCounters counters_;
};

}  // namespace ntm::dc
