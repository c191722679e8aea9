// SPDX-License-Identifier: BSD-3-Clause
// A worker's fragments, of nodes and of general nodes apart, so that neither crowd out the others; and
// the packet that was put together of some last, for RS-N's stages to see like any other.
#pragma once

#include "common/base/time.hpp"
#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/reassembly.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace ntm::relay {

class FragmentGatherer {
  public:
    // Nothing: there is no memory. `plan` is that of each of both sides; `seed`: random.
    [[nodiscard]] static std::unique_ptr<FragmentGatherer> make(
        const Reassembly::Plan& plan, WorkerCounters& counters, std::uint64_t seed
    );
    [[nodiscard]] static std::size_t bytes_for(const Reassembly::Plan& plan) noexcept;

    // Gives a fragment its fate, which stands at `inner_at` of a packet. True: its packet is whole.
    [[nodiscard]] bool take_of_node(
        Packet& packet, tables::SubscriberNumber node, Ecn outer, Instant now
    ) noexcept;
    [[nodiscard]] bool take_of_general_node(Packet& packet, Instant now) noexcept;

    // A burst of the whole packet alone, with all that was known of its last fragment, until another is
    // whole.
    [[nodiscard]] Burst& burst() noexcept { return burst_; }
    [[nodiscard]] EndedPackets& ended() noexcept { return ended_; }
    // Of its fragments, those to come included.
    [[nodiscard]] std::uint32_t identification() const noexcept { return identification_; }
    void identify(std::uint32_t identification) noexcept { identification_ = identification; }

    void tend(Instant now) noexcept;

  private:
    FragmentGatherer(
        std::unique_ptr<Reassembly> of_nodes,
        std::unique_ptr<Reassembly> of_general_nodes,
        WorkerCounters& counters
    );
    [[nodiscard]] bool add(
        Reassembly& table, Packet& packet, const IpFragment& fragment, Instant now
    ) noexcept;
    void show_held() noexcept;

    std::unique_ptr<Reassembly> of_nodes_;
    std::unique_ptr<Reassembly> of_general_nodes_;
    WorkerCounters& counters_;
    std::vector<std::uint8_t> buffer_;
    Burst burst_{};
    EndedPackets ended_{};
    std::uint32_t identification_ = 0;
};

}  // namespace ntm::relay
