// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/target_filter.hpp"

#include <algorithm>
#include <initializer_list>

namespace ntm::relay {

namespace {

using tables::AddressBlock;
using tables::PaddedAddress;

std::vector<Prefix> parse_all(std::initializer_list<const char*> texts) {
    std::vector<Prefix> prefixes;
    for (const char* const text : texts) {
        prefixes.push_back(*Prefix::parse(text));
    }
    return prefixes;
}

// Of IANA's registries of special-purpose addresses those that are not of single hosts out there. The
// ranges for documentation are left out: they harm nobody, and test networks use them.
const std::vector<Prefix> special_ranges = parse_all({
    "0.0.0.0/8",        // this network
    "10.0.0.0/8",       // private
    "100.64.0.0/10",    // behind a carrier's NAT
    "127.0.0.0/8",      // loopback
    "169.254.0.0/16",   // link-local
    "172.16.0.0/12",    // private
    "192.0.0.0/24",     // IETF's protocols
    "192.88.99.0/24",   // relays of 6to4
    "192.168.0.0/16",   // private
    "198.18.0.0/15",    // benchmarks, and virtual addresses
    "224.0.0.0/4",      // multicast
    "240.0.0.0/4",      // reserved, and broadcast
    "::/96",            // unspecified, loopback, IPv4-compatible
    "::ffff:0:0/96",    // IPv4-mapped
    "::ffff:0:0:0/96",  // IPv4-translated
    "64:ff9b:1::/48",   // NAT64 of one network
    "100::/64",         // discarded
    "2001::/32",        // Teredo
    "5f00::/16",        // segments of SRv6
    "fc00::/7",         // private, and virtual addresses
    "fe80::/10",        // link-local
    "fec0::/10",        // site-local
    "ff00::/8",         // multicast
});

std::vector<AddressBlock> blocks_of(Family family, const std::vector<Prefix>& prefixes) {
    std::vector<AddressBlock> blocks;
    for (const Prefix& prefix : prefixes) {
        if (prefix.address.family() == family) {
            blocks.emplace_back(prefix);
        }
    }
    return blocks;
}

const std::array<std::vector<AddressBlock>, 2> special_blocks{
    blocks_of(Family::ipv4, special_ranges), blocks_of(Family::ipv6, special_ranges)};

// Where in an IPv6 address of the block the IPv4 address stands that it leads to.
struct Spelling {
    AddressBlock block;
    std::size_t at;
};

const std::array<Spelling, 5> spellings{{
    {AddressBlock{*Prefix::parse("::/96")}, 12},            // IPv4-compatible
    {AddressBlock{*Prefix::parse("::ffff:0:0/96")}, 12},    // IPv4-mapped
    {AddressBlock{*Prefix::parse("::ffff:0:0:0/96")}, 12},  // IPv4-translated
    {AddressBlock{*Prefix::parse("64:ff9b::/96")}, 12},     // NAT64
    {AddressBlock{*Prefix::parse("2002::/16")}, 2},         // 6to4
}};

using RawIpv6 = std::array<std::uint8_t, 16>;

RawIpv6 raw(const PaddedAddress& address) noexcept {
    RawIpv6 bytes;
    store(bytes.data(), address);
    return bytes;
}

// RFC 5214 section 6.1: the interface identifier is [00 or 02] 00 5e fe and the IPv4 address.
bool is_isatap(const RawIpv6& bytes) noexcept {
    return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

// Of the IPv4 addresses that an IPv6 address leads to. It may be spelt in two ways at once, and nobody
// knows which of them a router reads.
template <typename Condition>
bool all_inside(const PaddedAddress& address, Condition condition) noexcept {
    const RawIpv6 bytes = raw(address);
    const auto holds_at = [&](std::size_t at) noexcept {
        return condition(PaddedAddress::ipv4_at(bytes.data() + at));
    };
    for (const Spelling& spelling : spellings) {
        if (spelling.block.contains(address) && !holds_at(spelling.at)) {
            return false;
        }
    }
    return !is_isatap(bytes) || holds_at(12);
}

bool is_within(const Prefix& prefix, const Prefix& range) noexcept {
    return prefix.length >= range.length && range.contains(prefix.address);
}

bool comes_before(const PaddedAddress& one, const PaddedAddress& other) noexcept {
    return one.first != other.first ? one.first < other.first : one.second < other.second;
}

bool contain(const std::vector<AddressBlock>& blocks, const PaddedAddress& address) noexcept {
    return std::ranges::any_of(blocks, [&](const AddressBlock& block) {
        return block.contains(address);
    });
}

}  // namespace

TargetFilter::TargetFilter(
    const std::vector<IpAddress>& hosts, const std::vector<Prefix>& allowed
) {
    for (const IpAddress& host : hosts) {
        side(host.family()).hosts.push_back(PaddedAddress::of(host));
    }
    // No two special ranges overlap: what lies in one opens nothing of another.
    for (const Prefix& prefix : allowed) {
        const auto has_it = [&](const Prefix& range) {
            return is_within(prefix, range);
        };
        if (std::ranges::any_of(special_ranges, has_it)) {
            side(prefix.address.family()).allowed.emplace_back(prefix);
        }
    }
    for (Side& each : sides_) {
        each.is_open = true;
        std::ranges::sort(each.hosts, comes_before);
    }
}

void TargetFilter::set_public_addresses(const std::vector<IpAddress>& addresses) {
    for (const IpAddress& address : addresses) {
        side(address.family()).publics.push_back(PaddedAddress::of(address));
    }
}

bool TargetFilter::permits_node(const IpAddress& node) const noexcept {
    const Side& its = side(node.family());
    return permits(node) ||
           (its.is_open &&
            std::ranges::find(its.publics, PaddedAddress::of(node)) != its.publics.end());
}

bool TargetFilter::permits(Family family, const PaddedAddress& target) const noexcept {
    return side(family).is_open && is_harmless(family, target);
}

bool TargetFilter::is_harmless(Family family, const PaddedAddress& target) const noexcept {
    const Side& its = side(family);
    const auto& special = special_blocks[family == Family::ipv4 ? 0 : 1];
    if ((contain(special, target) && !contain(its.allowed, target)) ||
        std::ranges::binary_search(its.hosts, target, comes_before)) {
        return false;
    }
    return family == Family::ipv4 || all_inside(target, [this](const PaddedAddress& one) noexcept {
               return is_harmless(Family::ipv4, one);
           });
}

}  // namespace ntm::relay
