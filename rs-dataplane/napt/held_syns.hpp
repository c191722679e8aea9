// SPDX-License-Identifier: BSD-3-Clause
// SYNs from outside that a filter kept out (DropReason::napt_syn_filtered), until it is known whether
// the inside opens the same connection: for six seconds nobody answers them, and those that nothing
// came of get an ICMP error then (RFC 5382 REQ-4). How many are held is fixed; one for which there is no
// room gets no answer (REQ-4a).
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

struct HeldSyn {
    OutsideTuple tuple;
    // What an ICMP error quotes: a SYN with all of its options, hardly ever more.
    std::array<std::uint8_t, 128> packet{};
    std::uint8_t length = 0;

    [[nodiscard]] ByteView quote() const noexcept { return ByteView{packet}.first(length); }
};

class HeldSyns {
  public:
    static constexpr Duration time = std::chrono::seconds{6};

    explicit HeldSyns(std::size_t capacity) : ring_(capacity) {}

    // False: there is no room.
    bool hold(const OutsideTuple& tuple, ByteView packet, Instant now) noexcept;
    // The next one whose time is over. It is to be answered unless Bindings find a session by its tuple
    // now.
    [[nodiscard]] std::optional<HeldSyn> take_due(Instant now) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    struct Entry {
        HeldSyn syn;
        Instant until;
    };

    std::vector<Entry> ring_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ntm::napt
