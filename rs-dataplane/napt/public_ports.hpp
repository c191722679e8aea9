// SPDX-License-Identifier: BSD-3-Clause
// The public ports of one family that a worker has, as its subscribers hold them: block by block, all
// of one public address as long as there is one left (RFC 4787 REQ-2, RFC 6888 REQ-2), and whose
// mapping each port is.
#pragma once

#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/port_blocks.hpp"
#include "rs-dataplane/napt/record_pool.hpp"

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
    };

    // `kept`: as PortBlocks have it.
    PublicPorts(const PortBlocks::Plan& plan, RandomSource& random, std::span<Instant> kept = {});
    // Of the heap.
    [[nodiscard]] static constexpr std::size_t bytes_for(const PortBlocks::Plan& plan) noexcept {
        const std::size_t blocks = plan.addresses * plan.blocks_each;
        return PortBlocks::bytes_for(plan) + blocks * sizeof(BlockNumber) +
               blocks * plan.block_size * protocol_count * sizeof(Position);
    }

    struct Taken {
        PublicPort port;
        std::optional<PublicPort> new_block{};  // its first port, if it was taken for this one
    };
    // Nothing: there is none left for this holding.
    [[nodiscard]] std::optional<Taken> take(Holding& holding, Protocol protocol, Instant now);
    // The first port of the block that goes with it, if it was the last one in use there.
    [[nodiscard]] std::optional<PublicPort> give_back(
        Holding& holding, PublicPort port, Protocol protocol, Instant now
    );

    // A port that an earlier process gave this holding. False: no two could have had what they say.
    [[nodiscard]] bool adopt(Holding& holding, PublicPort port, Protocol protocol);
    // Behind the last of these, before anything else.
    void settle(Instant now) { blocks_.settle(now); }

    // nowhere: it is nobody's.
    [[nodiscard]] Position mapping_of(PublicPort port, Protocol protocol) const noexcept;
    // Of a port that is taken.
    void set_mapping(PublicPort port, Protocol protocol, Position mapping) noexcept;

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
    [[nodiscard]] bool is_of(const Holding& holding, BlockNumber block) const noexcept;
    void hold(Holding& holding, BlockNumber block) noexcept;
    [[nodiscard]] PublicPort first_of(BlockNumber block) const noexcept {
        return {blocks_.address_of(block), blocks_.first_port_of(block)};
    }
    void give_back_block(Holding& holding, BlockNumber block, Instant now);
    [[nodiscard]] std::size_t index_of(BlockNumber block, PublicPort port, Protocol protocol)
        const noexcept;

    PortBlocks blocks_;
    std::size_t block_size_;
    std::vector<BlockNumber> next_;   // by block: the next one of the same holding
    std::vector<Position> mappings_;  // by block, protocol and port
    std::size_t held_blocks_ = 0;
};

}  // namespace ntm::napt
