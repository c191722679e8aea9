// SPDX-License-Identifier: BSD-3-Clause
// What the RS-N's benchmarks work on: a worker's RS-N with n paths, each between a node and a general
// node, with keys and a UDP session of its own; and bursts of packets of some of the paths, as the
// stages in front of RS-N leave them. What the nodes know is kept apart, so that to write their packets
// brings none of the worker's lines into the caches.
#pragma once

#include "bench/micro/random_bursts.hpp"
#include "rs-dataplane/relay/lanes.hpp"
#include "rs-dataplane/relay/rs_n.hpp"
#include "rs-dataplane/tables/chunk_pool.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ntm::bench {

class RsNWorld {
  public:
    // Made once for each size and suite and kept.
    [[nodiscard]] static RsNWorld& of(std::uint32_t paths, crypto::Suite suite);
    // Before EAL goes.
    static void forget_all();

    RsNWorld(std::uint32_t paths, crypto::Suite suite);

    // DATA from the nodes of these paths, of inner packets of so many bytes.
    void prepare_out(const Picks& picks, std::size_t inner_size);
    void pass_out() noexcept;
    // From their general nodes.
    void prepare_in(const Picks& picks, std::size_t inner_size);
    void pass_in() noexcept;
    // Of the burst that passed last.
    [[nodiscard]] bool are_all_sent() const noexcept;

  private:
    static constexpr std::size_t buffer_size = 2048;
    // What a path's node and general node know.
    struct Ends {
        PathId id;
        std::array<std::uint8_t, 16> key;  // the node's
        std::uint64_t next_counter = 0;
        Endpoint public_side;  // as the general node sees the node
    };

    void add_path(std::uint32_t path);
    void open_session_of_each_path();
    void receive(std::size_t at, const Bytes& frame);
    void seal(const Picks& picks, std::size_t inner_size);
    void classify();
    [[nodiscard]] Bytes inner_frame(
        const Endpoint& source, const Endpoint& destination, std::size_t size
    ) const;

    crypto::Suite suite_;
    SeededRandom random_{1};
    relay::Settings settings_;
    tables::ChunkPool<tables::EndKeys> keys_;
    std::unique_ptr<tables::GracePeriod> grace_period_;
    std::unique_ptr<tables::RelayTable> table_;
    tables::LargeArray<relay::PathCounters> path_counters_;
    relay::WorkerCounters worker_counters_;
    std::unique_ptr<relay::RsN> rs_n_;
    relay::PuntBuckets punts_{1};
    std::vector<Ends> ends_;  // by path
    std::unique_ptr<crypto::BurstCipher> cipher_of_nodes_;

    std::vector<std::array<std::uint8_t, buffer_size>> buffers_;
    Burst burst_{};
    relay::Lanes lanes_;
};

}  // namespace ntm::bench
