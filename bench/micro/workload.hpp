// SPDX-License-Identifier: BSD-3-Clause
// What the benchmarks work on: a relay table with n paths between two nodes each, and mbufs with
// frames of randomly chosen paths and directions. A pass goes over all buffers once and is timed;
// between passes the frames are made anew, since the pipeline rewrites them in place.
#pragma once

#include "common/base/random.hpp"
#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/large_array.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct rte_mbuf;
struct rte_mempool;

namespace ntm::bench {

enum class Families : std::uint8_t { ipv4_ipv4, ipv6_ipv6, ipv4_ipv6 };  // the last: both ways

// A table filled with random Path IDs; made once for each size and kept.
class Paths {
  public:
    [[nodiscard]] static Paths& of(std::uint32_t count, Families families);
    // Before EAL goes.
    static void forget_all();

    [[nodiscard]] std::uint32_t count() const noexcept {
        return static_cast<std::uint32_t>(ids_.size());
    }
    [[nodiscard]] PathId id(std::uint32_t number) const noexcept { return ids_[number]; }
    [[nodiscard]] Endpoint node(std::uint32_t number, Role role) const noexcept;
    [[nodiscard]] const tables::RelayTable& table() const noexcept { return *table_; }
    [[nodiscard]] relay::PathCounters* counters() noexcept { return counters_.data(); }

  private:
    Paths(std::uint32_t count, Families families);
    Families families_;
    std::unique_ptr<tables::GracePeriod> grace_period_;
    std::unique_ptr<tables::RelayTable> table_;
    tables::LargeArray<relay::PathCounters> counters_;
    std::vector<PathId> ids_;
};

struct FrameShape {
    std::uint32_t buffers = 512;
    std::uint16_t frame_size = 64;  // of the IPv4 frame; at least 14 + 20 + 8 + 16 + 16
};

// The buffers, in the order in which passes go through them.
class Frames {
  public:
    Frames(Paths& paths, const FrameShape& shape);
    ~Frames();
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;

    [[nodiscard]] std::span<rte_mbuf*> buffers() noexcept { return buffers_; }
    // The path of a buffer's frame.
    [[nodiscard]] PathId id(std::size_t buffer) const noexcept { return ids_[buffer]; }
    // New random paths and directions, fresh frames.
    void renew();

  private:
    void write_frame(std::size_t buffer, std::uint32_t path, Role role);
    Paths* paths_;
    FrameShape shape_;
    SeededRandom random_{1};
    std::vector<rte_mbuf*> buffers_;
    std::vector<PathId> ids_;
};

// One port, the relay's addresses, one next hop on it.
[[nodiscard]] const relay::Settings& settings();
[[nodiscard]] Endpoint relay_endpoint(Family family);

}  // namespace ntm::bench
