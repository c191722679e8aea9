// SPDX-License-Identifier: BSD-3-Clause
// The public ports of one family that a worker has, as its subscribers hold them: block by block, all
// of one public address as long as there is one left (RFC 4787 REQ-2, RFC 6888 REQ-2), and whose
// mapping each port is.
#pragma once

#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/port_blocks.hpp"
#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ntm::napt {

class PublicPorts {
  public:
    // One subscriber's. The address stays his when he has no port of it any more, while others leave
    // something of it.
    struct Holding {
        BlockNumber first_block = no_block;
        PublicAddress address = 0;
        bool has_address = false;

        [[nodiscard]] bool has_blocks() const noexcept { return first_block != no_block; }
    };

    // `kept`: as PortBlocks have it.
    PublicPorts(const PortBlocks::Plan& plan, RandomSource& random, std::span<Instant> kept = {});
    // Mapped or of the heap.
    [[nodiscard]] static constexpr std::size_t bytes_for(const PortBlocks::Plan& plan) noexcept {
        return PortBlocks::bytes_for(plan) + blocks_of(plan) * sizeof(BlockNumber) +
               tables::LargeArray<Position>::mapped_bytes(mappings_for(plan));
    }
    [[nodiscard]] bool has_memory() const noexcept {
        return blocks_.has_memory() &&
               mappings_.size() == next_.size() * protocol_count * block_size_;
    }

    // What take() is going to read, and not for who waits for it.
    void fetch(const Holding& holding, Protocol protocol) const noexcept {
        if (holding.first_block != no_block) {
            blocks_.fetch(holding.first_block, protocol);
        }
    }
    struct Taken {
        PublicPort port;
        BlockNumber block = 0;
        bool is_first = false;  // of the block, which was taken for this one
    };
    // Nothing: there is none left for this holding.
    [[nodiscard]] std::optional<Taken> take(Holding& holding, Protocol protocol, Instant now);
    // The first port of the block that goes with it, if it was the last one in use there.
    [[nodiscard]] std::optional<PublicPort> give_back(
        Holding& holding, PublicPort port, Protocol protocol, Instant now
    );

    // A port that an earlier process gave this holding. Nothing: no two could have had what they say.
    [[nodiscard]] std::optional<Taken> adopt(Holding& holding, PublicPort port, Protocol protocol);
    // Behind the last of these, before anything else.
    void settle(Instant now) { blocks_.settle(now); }

    // nowhere: it is nobody's.
    [[nodiscard]] Position mapping_of(PublicPort port, Protocol protocol) const noexcept;
    // What set_mapping() is going to write.
    void fetch_mapping(const Taken& taken, Protocol protocol) const noexcept {
        __builtin_prefetch(&mappings_[index_of(taken.block, taken.port, protocol)], 1);
    }
    void set_mapping(const Taken& taken, Protocol protocol, Position mapping) noexcept {
        mappings_[index_of(taken.block, taken.port, protocol)] = mapping;
    }
    [[nodiscard]] PublicPort first_of(BlockNumber block) const noexcept {
        return {blocks_.address_of(block), blocks_.first_port_of(block)};
    }

    struct Block {
        PublicPort first;
        std::uint16_t last_port = 0;
    };
    // Those of a holding, for as long as `take` says true.
    template <typename Take>
    void blocks_of(const Holding& holding, Take take) const {
        for (BlockNumber at = holding.first_block; at != no_block; at = next_[at]) {
            const std::uint16_t first = blocks_.first_port_of(at);
            const auto last = static_cast<std::uint16_t>(first + block_size_ - 1);
            if (!take(Block{{blocks_.address_of(at), first}, last})) {
                return;
            }
        }
    }
    [[nodiscard]] std::size_t held_blocks() const noexcept { return held_blocks_; }
    [[nodiscard]] std::size_t free_blocks(Instant now) { return blocks_.free_blocks(now); }

  private:
    static constexpr BlockNumber no_block = 0xffff'ffff;

    [[nodiscard]] std::optional<BlockNumber> take_block(Holding& holding, Instant now);
    [[nodiscard]] static constexpr std::size_t blocks_of(const PortBlocks::Plan& plan) noexcept {
        return plan.addresses * plan.blocks_each;
    }
    [[nodiscard]] static constexpr std::size_t mappings_for(const PortBlocks::Plan& plan) noexcept {
        return blocks_of(plan) * protocol_count * plan.block_size;
    }
    [[nodiscard]] bool is_of(const Holding& holding, BlockNumber block) const noexcept;
    void hold(Holding& holding, BlockNumber block) noexcept;
    void give_back_block(Holding& holding, BlockNumber block, Instant now);
    [[nodiscard]] std::size_t index_of(BlockNumber block, PublicPort port, Protocol protocol)
        const noexcept;

    PortBlocks blocks_;
    std::size_t block_size_;
    std::vector<BlockNumber> next_;          // by block: the next one of the same holding
    tables::LargeArray<Position> mappings_;  // by block, protocol and port
    std::size_t held_blocks_ = 0;
};

}  // namespace ntm::napt
