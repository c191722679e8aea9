// SPDX-License-Identifier: BSD-3-Clause
// What has come to the DC and waits for its turn, in bounded memory. What belongs to sessions is served
// first and in its order; no more is read while too much of it waits, so none of it is dropped here. Asks
// of strangers come behind it. When more of them come than can be served, as after an outage, the order
// decides: served in theirs, all handshakes would get answers that come too late for the sessions that
// they make. So the newest is served first, and one that has waited as long as its sender waits before
// it repeats it, or newer ones need its place, is given up. Neither kind of asks has to wait for the other.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/time.hpp"
#include "dc/arrival.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace ntm::dc {

struct IntakeCounters {
    std::uint64_t handshakes_given_up = 0;
    std::uint64_t cookies_given_up = 0;
};

class Intake {
  public:
    static constexpr Duration patience = std::chrono::seconds{1};
    static constexpr std::size_t capacity = 8192;  // of each kind
    // In one turn.
    static constexpr std::size_t most_of_sessions = 64;
    static constexpr std::size_t most_asks = 32;
    // While more of sessions waits: not even those who have one shut out all who have none.
    static constexpr std::size_t most_asks_beside_sessions = 4;

    void add(Arrival arrival, Datagram datagram, Instant now);
    // What is to be served next, in that order.
    [[nodiscard]] std::vector<Datagram> take(Instant now);
    [[nodiscard]] bool is_empty() const noexcept { return !has_sessions() && !has_asks(); }
    [[nodiscard]] bool has_sessions() const noexcept { return !sessions_.empty(); }
    // Nothing is to be read until it is not.
    [[nodiscard]] bool is_full() const noexcept { return sessions_.size() >= capacity; }
    [[nodiscard]] IntakeCounters counters() const noexcept {
        return {handshakes_.given_up(), cookies_.given_up()};
    }

  private:
    // Asks of one kind, as they came.
    class Asks {
      public:
        void add(Datagram datagram, Instant now);
        void give_up_impatient(Instant now);
        [[nodiscard]] Datagram take_newest();
        [[nodiscard]] bool is_empty() const noexcept { return waiting_.empty(); }
        [[nodiscard]] std::uint64_t given_up() const noexcept { return given_up_; }

      private:
        struct Ask {
            Datagram datagram;
            Instant came;
        };
        void give_up_oldest();

        std::deque<Ask> waiting_;
        std::uint64_t given_up_ = 0;
    };
    [[nodiscard]] bool has_asks() const noexcept {
        return !handshakes_.is_empty() || !cookies_.is_empty();
    }

    std::deque<Datagram> sessions_;
    Asks handshakes_;
    Asks cookies_;
};

}  // namespace ntm::dc
