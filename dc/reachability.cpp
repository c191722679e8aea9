// SPDX-License-Identifier: BSD-3-Clause
#include "dc/reachability.hpp"

#include <algorithm>

namespace ntm::dc {

namespace {

// A Direction names no more than this: three Requests go to each.
constexpr std::size_t most_candidates = 4;

Finding find_by_addresses(const NodeRecord& node, Family family) {
    Finding finding = Finding::none;
    for (const InterfaceAddress& own : node.addresses) {
        if (own.address.family() != family) {
            continue;
        }
        if (!own.address.is_private()) {
            return Finding::global;
        }
        if (family == Family::ipv4) {
            finding = Finding::behind_nat;
        }
    }
    return finding;
}

bool is_own(const NodeRecord& node, const Endpoint& outside) {
    const bool has_address = std::ranges::any_of(node.addresses, [&](const InterfaceAddress& own) {
        return own.address == outside.address;
    });
    return has_address && outside.port == node.port;
}

Finding find_in(const NodeRecord& node, Family family) {
    if (!node.outside || node.outside->address.family() != family) {
        return find_by_addresses(node, family);
    }
    return is_own(node, *node.outside) ? Finding::global : Finding::behind_nat;
}

std::vector<Candidate> candidates_in(
    const NodeRecord& node, Family family, const std::optional<Endpoint>& proven
) {
    std::vector<Candidate> candidates;
    if (node.outside && node.outside->address.family() == family) {
        candidates.push_back({*node.outside, proven == node.outside});
    }
    for (const InterfaceAddress& own : node.addresses) {
        const Endpoint endpoint{own.address, node.port};
        const bool is_known = std::ranges::any_of(candidates, [&](const Candidate& known) {
            return known.endpoint == endpoint;
        });
        const bool is_usable = own.address.family() == family && !own.address.is_private();
        if (is_usable && !is_known) {
            candidates.push_back({endpoint, proven == endpoint});
        }
    }
    return candidates;
}

}  // namespace

bool is_real(const IpAddress& address, const VirtualBlocks& blocks) noexcept {
    return !address.is_unspecified() && !address.is_loopback() && !address.is_link_local() &&
           !address.is_multicast() && !blocks.ipv4.contains(address) &&
           !blocks.ipv6.contains(address);
}

Reachability find_reachability(const NodeRecord& node) {
    Reachability reachability;
    reachability.ipv4 = find_in(node, Family::ipv4);
    reachability.ipv6 = find_in(node, Family::ipv6);
    if (node.outside) {
        reachability.outside = node.outside->address;
    }
    return reachability;
}

std::optional<IpAddress> find_own_address(const NodeRecord& node) {
    return node.outside && is_own(node, *node.outside) ? std::optional{node.outside->address}
                                                       : std::nullopt;
}

bool is_leaving_own_address(const NodeRecord& node, const Endpoint& outside) {
    return node.outside && node.outside->address.family() == outside.address.family() &&
           is_own(node, *node.outside) && !is_own(node, outside);
}

Families families_of(const Reachability& reachability) noexcept {
    return {reachability.has(Family::ipv4), reachability.has(Family::ipv6)};
}

Families families_of(const GeneralNodeRecord& node) noexcept {
    return {node.real_ipv4.has_value(), node.real_ipv6.has_value()};
}

std::vector<Candidate> find_candidates(
    const NodeRecord& node, Family preferred, const std::optional<Endpoint>& proven
) {
    std::vector<Candidate> candidates = candidates_in(node, preferred, proven);
    const Family other = preferred == Family::ipv4 ? Family::ipv6 : Family::ipv4;
    const std::vector<Candidate> others = candidates_in(node, other, proven);
    const std::size_t kept = std::min(others.size(), most_candidates / 2);
    candidates.resize(std::min(candidates.size(), most_candidates - kept));
    const std::size_t left = std::min(others.size(), most_candidates - candidates.size());
    candidates.insert(
        candidates.end(), others.begin(), others.begin() + static_cast<std::ptrdiff_t>(left)
    );
    return candidates;
}

}  // namespace ntm::dc
