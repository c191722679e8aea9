// SPDX-License-Identifier: BSD-3-Clause
#include "control/target_filter.hpp"

#include <algorithm>
#include <utility>

namespace ntm::control {

namespace {

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

// Where in an IPv6 address of the range the IPv4 address stands that it leads to.
struct Spelling {
    Prefix range;
    std::size_t at;
};
const std::vector<Spelling> spellings = {
    {*Prefix::parse("::/96"), 12},            // IPv4-compatible
    {*Prefix::parse("::ffff:0:0/96"), 12},    // IPv4-mapped
    {*Prefix::parse("::ffff:0:0:0/96"), 12},  // IPv4-translated
    {*Prefix::parse("64:ff9b::/96"), 12},     // NAT64
    {*Prefix::parse("2002::/16"), 2},         // 6to4
};

// RFC 5214 section 6.1: the interface identifier is [00 or 02] 00 5e fe and the IPv4 address.
bool is_isatap(const Ipv6Address& address) noexcept {
    const auto& bytes = address.bytes;
    return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

// One address may be spelt in two ways at once, and nobody knows which of them a router reads.
std::vector<IpAddress> ipv4_inside(const IpAddress& address) {
    std::vector<IpAddress> found;
    if (address.is_ipv4()) {
        return found;
    }
    const auto add = [&](std::size_t at) {
        found.push_back(*IpAddress::from_bytes(address.bytes().subspan(at, 4)));
    };
    for (const Spelling& spelling : spellings) {
        if (spelling.range.contains(address)) {
            add(spelling.at);
        }
    }
    if (is_isatap(address.ipv6())) {
        add(12);
    }
    return found;
}

bool is_within(const Prefix& prefix, const Prefix& range) noexcept {
    return prefix.length >= range.length && range.contains(prefix.address);
}

}  // namespace

TargetFilter::TargetFilter(std::vector<IpAddress> hosts, std::vector<Prefix> allowed)
    : hosts_{std::move(hosts)}, allowed_{std::move(allowed)} {}

bool TargetFilter::permits(const IpAddress& target) const {
    return !is_left_out_[index_of(target.family())] && is_harmless(target);
}

bool TargetFilter::is_harmless(const IpAddress& target) const {
    if (std::ranges::find(hosts_, target) != hosts_.end()) {
        return false;
    }
    for (const Prefix& range : special_ranges) {
        if (range.contains(target) && !is_allowed_of(range, target)) {
            return false;
        }
    }
    const auto inside = ipv4_inside(target);
    return std::ranges::all_of(inside, [this](const IpAddress& one) { return is_harmless(one); });
}

bool TargetFilter::is_allowed_of(const Prefix& range, const IpAddress& target) const {
    return std::ranges::any_of(allowed_, [&](const Prefix& prefix) {
        return is_within(prefix, range) && prefix.contains(target);
    });
}

}  // namespace ntm::control
