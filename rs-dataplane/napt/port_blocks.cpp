// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/port_blocks.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace ntm::napt {

namespace {

constexpr std::size_t word_bits = 64;

// The first zero bit at or behind `from`, going round; all of them are looked at.
std::optional<std::size_t> find_zero(std::span<const std::uint64_t> words, std::size_t from) {
    // The word in which the search begins comes last once more, for what lies before `from`.
    for (std::size_t i = 0; i <= words.size(); ++i) {
        const std::size_t at = (from / word_bits + i) % words.size();
        std::uint64_t zeros = ~words[at];
        if (i == 0) {
            zeros &= ~std::uint64_t{0} << (from % word_bits);
        }
        if (zeros != 0) {
            return at * word_bits + static_cast<std::size_t>(std::countr_zero(zeros));
        }
    }
    return std::nullopt;
}

}  // namespace

PortBlocks::PortBlocks(const Plan& plan, RandomSource& random, std::span<Instant> kept)
    : plan_{plan},
      random_{random},
      kept_{kept},
      blocks_(plan.addresses * plan.blocks_each),
      bits_{tables::LargeArray<std::uint64_t>::map(words_for(plan))},
      free_(plan.addresses),
      free_count_{blocks_.size()},
      resting_(blocks_.size()) {
    for (std::vector<BlockNumber>& free : free_) {
        free.reserve(plan.blocks_each);
    }
    for (BlockNumber block = 0; block < blocks_.size(); ++block) {
        const std::size_t before = block % plan.blocks_each * plan.block_size;
        blocks_[block].first = {
            static_cast<PublicAddress>(block / plan.blocks_each),
            static_cast<std::uint16_t>(plan.first_port + before)};
        free_[address_of(block)].push_back(block);
    }
}

std::optional<BlockNumber> PortBlocks::take(Instant now) {
    wake(now);
    if (free_count_ == 0) {
        return std::nullopt;
    }
    std::uint64_t drawn = random_.below(free_count_);
    for (std::vector<BlockNumber>& free : free_) {
        if (drawn < free.size()) {
            return draw(free);
        }
        drawn -= free.size();
    }
    return std::nullopt;
}

std::optional<BlockNumber> PortBlocks::take(PublicAddress address, Instant now) {
    wake(now);
    std::vector<BlockNumber>& free = free_[address];
    return free.empty() ? std::nullopt : std::optional{draw(free)};
}

BlockNumber PortBlocks::draw(std::vector<BlockNumber>& free) {
    std::swap(free[random_.below(free.size())], free.back());
    const BlockNumber block = free.back();
    free.pop_back();
    --free_count_;
    note(block, Instant::never());
    return block;
}

void PortBlocks::give_back(BlockNumber block, Instant now) {
    resting_[(first_resting_ + resting_count_) % resting_.size()] = {block, now + plan_.rest};
    ++resting_count_;
    note(block, now + plan_.rest);
}

bool PortBlocks::adopt_port(BlockNumber block, Protocol protocol, std::uint16_t port) {
    const std::size_t at = std::size_t{port} - first_port_of(block);
    const std::uint64_t bit = std::uint64_t{1} << (at % word_bits);
    std::uint64_t& word = bits_of(block, protocol)[at / word_bits];
    if ((word & bit) != 0) {
        return false;
    }
    word |= bit;
    ++blocks_[block].used;
    return true;
}

void PortBlocks::settle(Instant now) {
    std::vector<Resting> resting;
    std::ranges::for_each(free_, [](std::vector<BlockNumber>& free) { free.clear(); });
    free_count_ = 0;
    for (BlockNumber block = 0; block < blocks_.size(); ++block) {
        if (used(block) != 0) {
            note(block, Instant::never());
            continue;
        }
        const Instant until = std::min(kept_.empty() ? Instant{} : kept_[block], now + plan_.rest);
        note(block, until);
        if (until > now) {
            resting.push_back({block, until});
        } else {
            free_[address_of(block)].push_back(block);
            ++free_count_;
        }
    }
    std::ranges::sort(resting, {}, &Resting::until);
    std::ranges::copy(resting, resting_.begin());
    first_resting_ = 0;
    resting_count_ = resting.size();
}

void PortBlocks::wake(Instant now) {
    while (resting_count_ > 0 && resting_[first_resting_].until <= now) {
        const BlockNumber block = resting_[first_resting_].block;
        first_resting_ = (first_resting_ + 1) % resting_.size();
        --resting_count_;
        free_[address_of(block)].push_back(block);
        ++free_count_;
    }
}

std::size_t PortBlocks::free_blocks(Instant now) {
    wake(now);
    return free_count_;
}

std::span<std::uint64_t> PortBlocks::bits_of(BlockNumber block, Protocol protocol) {
    return {&bits_[words_before(block, protocol)], plan_.block_size / word_bits};
}

std::optional<PublicPort> PortBlocks::take_port(BlockNumber block, Protocol protocol) {
    const std::span<std::uint64_t> bits = bits_of(block, protocol);
    const auto found = find_zero(bits, random_.below(plan_.block_size));
    if (!found) {
        return std::nullopt;
    }
    bits[*found / word_bits] |= std::uint64_t{1} << (*found % word_bits);
    ++blocks_[block].used;
    return PublicPort{address_of(block), static_cast<std::uint16_t>(first_port_of(block) + *found)};
}

void PortBlocks::free_port(BlockNumber block, Protocol protocol, std::uint16_t port) {
    const std::size_t at = std::size_t{port} - first_port_of(block);
    bits_of(block, protocol)[at / word_bits] &= ~(std::uint64_t{1} << (at % word_bits));
    --blocks_[block].used;
}

std::optional<BlockNumber> PortBlocks::block_of(PublicPort port) const noexcept {
    const std::size_t behind = plan_.first_port + plan_.blocks_each * plan_.block_size;
    if (port.address >= plan_.addresses || port.port < plan_.first_port || port.port >= behind) {
        return std::nullopt;
    }
    const std::size_t in_address = (port.port - std::size_t{plan_.first_port}) / plan_.block_size;
    return static_cast<BlockNumber>(port.address * plan_.blocks_each + in_address);
}

}  // namespace ntm::napt
