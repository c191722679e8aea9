// SPDX-License-Identifier: BSD-3-Clause
// Virtual addresses out of the DC's blocks, one IPv4 and one IPv6 address for each node, for as
// long as the node is provisioned. Theory of operation: a node has one number; its addresses are
// the blocks' first ones plus that number. Numbers are given in order and begin again at the end of
// the IPv4 block, so that a removed node's addresses rest as long as possible; the next number is
// in the store. Never given: the network and broadcast address of the IPv4 block, and of the IPv6
// block the subnet router's anycast address (RFC 4291) and those reserved by RFC 2526, which the
// numbers of an IPv4 block can not reach; and what is kept for general nodes (dc/general_addresses).
#pragma once

#include "common/base/address.hpp"

#include <cstdint>
#include <optional>
#include <unordered_set>

namespace ntm::dc {

struct VirtualBlocks {
    Prefix ipv4;  // at least /30
    Prefix ipv6;  // at most /64: the numbers lie in the last 64 bits
};

// Their parts that general nodes get addresses from (dc/general_addresses).
struct GeneralBlocks {
    Prefix ipv4;  // /16 to /30
    Prefix ipv6;  // at most /112: the numbers lie in the last 16 bits
};

struct VirtualAddresses {
    Ipv4Address ipv4;
    Ipv6Address ipv6;
    friend bool operator==(const VirtualAddresses&, const VirtualAddresses&) = default;
};

class AddressPool {
  public:
    // `next_number` as it was stored, 1 for a new store. `kept`: a part of the IPv4 block, whose
    // numbers are for others.
    AddressPool(
        const VirtualBlocks& blocks,
        std::uint64_t next_number,
        const std::optional<Prefix>& kept = std::nullopt
    );

    // Marks addresses of the store as given. False: they are not a pair of these blocks, or given.
    [[nodiscard]] bool adopt(const VirtualAddresses& addresses);
    // Nothing when the block is used up.
    [[nodiscard]] std::optional<VirtualAddresses> take();
    void give_back(const VirtualAddresses& addresses);

    [[nodiscard]] std::uint64_t next_number() const noexcept { return next_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept;
    [[nodiscard]] std::uint64_t used() const noexcept { return used_.size(); }

  private:
    struct Range {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        [[nodiscard]] bool contains(std::uint64_t number) const noexcept {
            return first <= number && number <= last;
        }
    };
    // The first number from this one on, around the end of the block, that a node may have.
    [[nodiscard]] std::uint64_t first_from(std::uint64_t number) const noexcept;
    [[nodiscard]] VirtualAddresses at(std::uint64_t number) const;
    [[nodiscard]] std::optional<std::uint64_t> number_of(const VirtualAddresses& addresses) const;

    VirtualBlocks blocks_;
    std::uint64_t last_;  // highest number that may be given
    std::optional<Range> kept_;
    std::uint64_t next_ = 1;
    std::unordered_set<std::uint64_t> used_;
};

}  // namespace ntm::dc
