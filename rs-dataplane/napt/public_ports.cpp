// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/public_ports.hpp"

#include <algorithm>

namespace ntm::napt {

PublicPorts::PublicPorts(
    const PortBlocks::Plan& plan, RandomSource& random, std::span<Instant> kept
)
    : blocks_{plan, random, kept},
      block_size_{plan.block_size},
      next_(plan.addresses * plan.blocks_each, no_block),
      mappings_{tables::LargeArray<Position>::map(mappings_for(plan))} {
    std::fill_n(mappings_.data(), mappings_.size(), nowhere);
}

std::optional<PublicPorts::Taken> PublicPorts::take(
    Holding& holding, Protocol protocol, Instant now
) {
    for (BlockNumber at = holding.first_block; at != no_block; at = next_[at]) {
        if (const auto port = blocks_.take_port(at, protocol)) {
            return Taken{*port, at};
        }
    }
    const auto block = take_block(holding, now);
    const auto port = block ? blocks_.take_port(*block, protocol) : std::nullopt;
    return port ? std::optional{Taken{*port, *block, true}} : std::nullopt;
}

std::optional<BlockNumber> PublicPorts::take_block(Holding& holding, Instant now) {
    auto block = holding.has_address ? blocks_.take(holding.address, now) : std::nullopt;
    if (!block && holding.first_block == no_block) {
        block = blocks_.take(now);
    }
    if (!block) {
        return std::nullopt;
    }
    hold(holding, *block);
    return block;
}

void PublicPorts::hold(Holding& holding, BlockNumber block) noexcept {
    holding.address = blocks_.address_of(block);
    holding.has_address = true;
    next_[block] = holding.first_block;
    holding.first_block = block;
    ++held_blocks_;
}

bool PublicPorts::is_of(const Holding& holding, BlockNumber block) const noexcept {
    BlockNumber at = holding.first_block;
    while (at != no_block && at != block) {
        at = next_[at];
    }
    return at == block;
}

std::optional<PublicPorts::Taken> PublicPorts::adopt(
    Holding& holding, PublicPort port, Protocol protocol
) {
    const auto block = blocks_.block_of(port);
    if (!block) {
        return std::nullopt;
    }
    const bool is_held = blocks_.used(*block) != 0;
    const bool may_be_his =
        is_held ? is_of(holding, *block) : !holding.has_address || holding.address == port.address;
    if (!may_be_his || !blocks_.adopt_port(*block, protocol, port.port)) {
        return std::nullopt;
    }
    if (!is_held) {
        hold(holding, *block);
    }
    return Taken{port, *block, !is_held};
}

std::optional<PublicPort> PublicPorts::give_back(
    Holding& holding, PublicPort port, Protocol protocol, Instant now
) {
    const auto block = blocks_.block_of(port);
    if (!block) {
        return std::nullopt;
    }
    mappings_[index_of(*block, port, protocol)] = nowhere;
    blocks_.free_port(*block, protocol, port.port);
    if (blocks_.used(*block) != 0) {
        return std::nullopt;
    }
    give_back_block(holding, *block, now);
    return first_of(*block);
}

void PublicPorts::give_back_block(Holding& holding, BlockNumber block, Instant now) {
    BlockNumber* link = &holding.first_block;
    while (*link != block) {
        link = &next_[*link];
    }
    *link = next_[block];
    blocks_.give_back(block, now);
    --held_blocks_;
}

Position PublicPorts::mapping_of(PublicPort port, Protocol protocol) const noexcept {
    const auto block = blocks_.block_of(port);
    return block ? mappings_[index_of(*block, port, protocol)] : nowhere;
}

std::size_t PublicPorts::index_of(BlockNumber block, PublicPort port, Protocol protocol)
    const noexcept {
    const std::size_t row = block * protocol_count + static_cast<std::size_t>(protocol);
    return row * block_size_ + (port.port - std::size_t{blocks_.first_port_of(block)});
}

}  // namespace ntm::napt
