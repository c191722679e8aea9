// SPDX-License-Identifier: BSD-3-Clause
// The public ports of one worker, given out in blocks: a block belongs to one subscriber at a time,
// for all protocols (RFC 6888 REQ-2, REQ-4, REQ-8). Which block and which port is drawn from a
// generator that nobody can foresee (RFC 7857 section 9). A block that comes back rests before
// another subscriber gets it, so that what is on its way to the old one reaches nobody else.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ntm::napt {

// Each has its own ports; ICMP's are its identifiers.
enum class Protocol : std::uint8_t { udp, tcp, icmp };
inline constexpr std::size_t protocol_count = 3;

// Position of a public address in the configured pool.
using PublicAddress = std::uint16_t;
// Position of a block in PortBlocks.
using BlockNumber = std::uint32_t;

struct PublicPort {
    PublicAddress address = 0;
    std::uint16_t port = 0;  // host byte order

    friend bool operator==(const PublicPort&, const PublicPort&) = default;
};

class PortBlocks {
  public:
    struct Plan {
        std::size_t addresses = 1;
        // Of each address: [first_port, first_port + blocks_each * block_size), within 1 to 65535.
        std::uint16_t first_port = 1024;
        std::size_t blocks_each = 1;
        std::size_t block_size = 256;  // a multiple of 64
        Duration rest = std::chrono::seconds{120};
    };
    // `kept`: nothing, or for each block, where it outlives the process, until when it rests; never() while
    // it is taken.
    PortBlocks(const Plan& plan, RandomSource& random, std::span<Instant> kept = {});
    // Mapped or of the heap.
    [[nodiscard]] static constexpr std::size_t bytes_for(const Plan& plan) noexcept;
    [[nodiscard]] bool has_memory() const noexcept { return bits_.size() == words_for(plan_); }

    // A block of an address that has some free: of this one, or of one drawn by how many it has.
    // Nothing: there is none.
    [[nodiscard]] std::optional<BlockNumber> take(Instant now);
    [[nodiscard]] std::optional<BlockNumber> take(PublicAddress address, Instant now);
    // A block that is taken, and none of whose ports is.
    void give_back(BlockNumber block, Instant now);

    // A port of a block that is taken. Nothing: all are used for this protocol.
    [[nodiscard]] std::optional<PublicPort> take_port(BlockNumber block, Protocol protocol);
    // What take_port() is going to read.
    void fetch(BlockNumber block, Protocol protocol) const noexcept {
        __builtin_prefetch(&bits_[words_before(block, protocol)], 1);
    }
    void free_port(BlockNumber block, Protocol protocol, std::uint16_t port);
    // Of all protocols.
    [[nodiscard]] std::size_t used(BlockNumber block) const { return blocks_[block].used; }

    [[nodiscard]] PublicAddress address_of(BlockNumber block) const noexcept {
        return blocks_[block].first.address;
    }
    [[nodiscard]] std::uint16_t first_port_of(BlockNumber block) const noexcept {
        return blocks_[block].first.port;
    }
    // Taken or not. Nothing: no block has it.
    [[nodiscard]] std::optional<BlockNumber> block_of(PublicPort port) const noexcept;
    [[nodiscard]] std::size_t free_blocks(Instant now);

    // A port that an earlier process gave, of a block that was not taken since; false: it is given already.
    [[nodiscard]] bool adopt_port(BlockNumber block, Protocol protocol, std::uint16_t port);
    // Behind the last of these: blocks that have one are taken; those that were, or rested, rest.
    void settle(Instant now);

  private:
    [[nodiscard]] static constexpr std::size_t words_for(const Plan& plan) noexcept {
        return plan.addresses * plan.blocks_each * protocol_count * plan.block_size / 64;
    }
    struct Block {
        PublicPort first;  // kept, as it would take two divisions a packet
        std::uint32_t used = 0;
    };
    struct Resting {
        BlockNumber block = 0;
        Instant until;
    };

    void note(BlockNumber block, Instant rests_until) noexcept {
        if (!kept_.empty()) {
            kept_[block] = rests_until;
        }
    }
    void wake(Instant now);
    [[nodiscard]] std::size_t words_before(BlockNumber block, Protocol protocol) const noexcept {
        const std::size_t rows = block * protocol_count + static_cast<std::size_t>(protocol);
        return rows * (plan_.block_size / 64);
    }
    [[nodiscard]] BlockNumber draw(std::vector<BlockNumber>& free);
    [[nodiscard]] std::span<std::uint64_t> bits_of(BlockNumber block, Protocol protocol);

    Plan plan_;
    RandomSource& random_;
    std::span<Instant> kept_;
    std::vector<Block> blocks_;
    tables::LargeArray<std::uint64_t> bits_;      // by block and protocol: one for each used port
    std::vector<std::vector<BlockNumber>> free_;  // by address
    std::size_t free_count_ = 0;
    std::vector<Resting> resting_;  // a ring, in order of time: no block rests twice at once
    std::size_t first_resting_ = 0;
    std::size_t resting_count_ = 0;
};

constexpr std::size_t PortBlocks::bytes_for(const Plan& plan) noexcept {
    const std::size_t blocks = plan.addresses * plan.blocks_each;
    return blocks * (sizeof(Block) + sizeof(BlockNumber) + sizeof(Resting)) +
           tables::LargeArray<std::uint64_t>::mapped_bytes(words_for(plan));
}

}  // namespace ntm::napt
