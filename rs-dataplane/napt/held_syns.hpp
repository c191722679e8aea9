// SPDX-License-Identifier: BSD-3-Clause
// SYNs from outside that a filter kept out (DropReason::napt_syn_filtered), until it is known whether
// the inside opens the same connection: for six seconds nobody answers them, and those that nothing
// came of get an ICMP error then (RFC 5382 REQ-4). What is held is that error, as a frame that is ready
// to be sent. How many are held is fixed; one for which there is no room gets no answer (REQ-4a).
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/records.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::napt {

// The answer to one, and where it goes.
struct Refusal {
    // Of the SYN. The answer is not due if Bindings find a session by it by then.
    OutsideTuple tuple;
    std::uint16_t port = 0;      // of the relay
    bool is_hairpinned = false;  // it is for another subscriber
    std::uint8_t length = 0;
    std::array<std::uint8_t, 192> bytes{};

    [[nodiscard]] ByteView frame() const noexcept { return ByteView{bytes}.first(length); }
};

class HeldSyns {
  public:
    static constexpr Duration time = std::chrono::seconds{6};
    // Of a SYN: all of it with its options, hardly ever more; so much of it an answer quotes.
    static constexpr std::size_t most_quoted = 128;

    explicit HeldSyns(std::size_t capacity) : ring_(capacity) {}

    [[nodiscard]] bool is_full() const noexcept { return size_ == ring_.size(); }
    // False: there is no room, or the frame is too long.
    bool hold(const Refusal& to, ByteView frame, Instant now) noexcept;
    [[nodiscard]] bool has_due(Instant now) const noexcept {
        return size_ != 0 && ring_[first_].until <= now;
    }
    // The next one whose time is over.
    [[nodiscard]] std::optional<Refusal> take_due(Instant now) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    struct Entry {
        Refusal refusal;
        Instant until;
    };

    std::vector<Entry> ring_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ntm::napt
