// SPDX-License-Identifier: BSD-3-Clause
// Which fragments make a packet: those that a relay gets go to tables of the same kind besides, which
// tests/unit/rs-dataplane/relay/reassembly_model_test.cpp holds against a model.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/fragment_gatherer.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ntm::malformed {

// Of an IP packet by its header.
[[nodiscard]] bool is_fragment(ByteView packet);
[[nodiscard]] bool has_more(ByteView fragment);
// As their receiver puts them together, who takes them to be all and in order.
[[nodiscard]] Bytes joined(const std::vector<Bytes>& packets);

class WatchedFragments {
  public:
    WatchedFragments();

    // Whether what became of a packet is that it waits for others, or was refused for them.
    [[nodiscard]] static bool has_taken(const Packet& became);
    // A fragment of which `became` that: the whole packet if it was the last that lacked. Both throw
    // BrokenPromise.
    [[nodiscard]] std::optional<Bytes> take_of_node(
        ByteView fragment,
        tables::SubscriberNumber node,
        unsigned outer_ecn,
        const Packet& became,
        Instant now
    );
    [[nodiscard]] std::optional<Bytes> take_of_general_node(
        ByteView fragment, const Packet& became, Instant now
    );
    void tend(Instant now) { gatherer_->tend(now); }

    [[nodiscard]] std::uint64_t held() const { return counters_.held.value(); }
    // Those that had waited, by reason.
    using Dropped = std::array<std::uint64_t, drop_reason_count>;
    [[nodiscard]] Dropped dropped() const { return values_of(counters_.dropped); }
    [[nodiscard]] static Dropped values_of(
        const std::array<relay::Counter, drop_reason_count>& counters
    );

  private:
    template <typename Take>
    [[nodiscard]] std::optional<Bytes> take(ByteView fragment, const Packet& became, Take take);

    relay::WorkerCounters counters_;
    std::unique_ptr<relay::FragmentGatherer> gatherer_;
};

}  // namespace ntm::malformed
