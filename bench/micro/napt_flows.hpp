// SPDX-License-Identifier: BSD-3-Clause
// Sessions for the NAPT's benchmarks: UDP from many subscribers to many general nodes, a mapping and
// a path for each.
#pragma once

#include "bench/micro/random_bursts.hpp"
#include "common/base/random.hpp"
#include "rs-dataplane/napt/bindings.hpp"
#include "rs-dataplane/napt/napt.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ntm::bench {

inline constexpr std::uint32_t sessions_a_subscriber = 64;

// 16, enough for a million mappings.
[[nodiscard]] std::vector<Ipv4Address> public_pool();
[[nodiscard]] const napt::PublicAddresses& public_addresses();
// Room for so many sessions, each with a mapping.
[[nodiscard]] napt::Bindings::Plan plan_for(std::uint32_t sessions);
// With all subscribers.
[[nodiscard]] std::unique_ptr<napt::Bindings> make_bindings(
    std::uint32_t sessions, RandomSource& random
);

class Flows {
  public:
    // Made once for each size and kept.
    [[nodiscard]] static Flows& of(std::uint32_t count);
    explicit Flows(std::uint32_t count);

    [[nodiscard]] napt::Bindings& bindings() noexcept { return *bindings_; }
    [[nodiscard]] const std::vector<napt::InsideTuple>& inside() const noexcept { return inside_; }
    [[nodiscard]] const std::vector<napt::OutsideTuple>& outside() const noexcept {
        return outside_;
    }
    [[nodiscard]] static napt::Path path(std::uint32_t flow) noexcept {
        return {PathId{flow + 1}, true};
    }
    [[nodiscard]] napt::Sender sender(std::uint32_t flow) const noexcept {
        return {inside_[flow].subscriber, path(flow), {}};
    }

  private:
    void open(std::uint32_t flow);

    SeededRandom random_{1};
    std::unique_ptr<napt::Bindings> bindings_;
    std::vector<napt::InsideTuple> inside_;
    std::vector<napt::OutsideTuple> outside_;
};

template <typename Tuple>
using Tuples = std::array<Tuple, burst_size>;
template <typename Tuple>
using Lookups = std::array<napt::Lookup<Tuple>, burst_size>;

// UDP packets of 64 bytes, made anew for each burst.
class Packets {
  public:
    Packets();
    // As the flow's subscriber sends it, and as its general node answers.
    void write_out(std::size_t at, const napt::InsideTuple& flow);
    void write_in(std::size_t at, const napt::OutsideTuple& flow);
    [[nodiscard]] MutableByteView bytes(std::size_t at) noexcept { return bytes_[at]; }

  private:
    using Frame = std::array<std::uint8_t, 64>;
    void write(std::size_t at, const napt::Ends& ends);

    Frame first_;
    alignas(64) std::array<Frame, burst_size> bytes_{};
};

// A burst on its way out, from its bytes to its bytes.
class OutboundBurst {
  public:
    explicit OutboundBurst(napt::Bindings& bindings) noexcept
        : bindings_{bindings}, napt_{bindings, public_addresses()} {}

    void prepare(const Flows& flows, const Picks& picks);
    // How many were translated.
    unsigned send();

  private:
    napt::Bindings& bindings_;
    napt::Napt napt_;
    Packets packets_;
    std::array<napt::Sender, burst_size> senders_;
    std::array<napt::InnerPacket, burst_size> parsed_;
    Lookups<napt::InsideTuple> lookups_;
};

}  // namespace ntm::bench
