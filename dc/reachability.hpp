// SPDX-License-Identifier: BSD-3-Clause
// The NAT finding: what a node's registered addresses and the outside address that the DC sees say
// about how the node can be reached. Pure; the path director and `node show` use it.
#pragma once

#include "dc/address_pool.hpp"
#include "dc/records.hpp"
#include "dc/relay_selection.hpp"
#include "dc/route_decision.hpp"

#include <vector>

namespace ntm::dc {

// An address that says something about where a host is: no loopback, no link's own, and not the
// virtual ones, which every node carries.
[[nodiscard]] bool is_real(const IpAddress& address, const VirtualBlocks& blocks) noexcept;

// The family that the DC sees is judged by comparing: the outside is one of the node's own
// addresses and ports (global) or not (behind a NAT). Of a family that it does not see, a private
// IPv4 address counts as behind a NAT and a public address as global; an IPv6 address that is
// private (unique local) leads nowhere.
[[nodiscard]] Reachability find_reachability(const NodeRecord& node);

// Where the DC sees the node with no NAT in between: nobody else has that address. What a node says of
// its interfaces alone shows nothing.
[[nodiscard]] std::optional<IpAddress> find_own_address(const NodeRecord& node);

// The node spoke from one of its own addresses and does not at `outside`, of the same family: it is
// going to register other addresses.
[[nodiscard]] bool is_leaving_own_address(const NodeRecord& node, const Endpoint& outside);

[[nodiscard]] Families families_of(const Reachability& reachability) noexcept;
[[nodiscard]] Families families_of(const GeneralNodeRecord& node) noexcept;

// Where the peer may send first packets of a direct tunnel: the outside address, then own addresses that
// need no NAT; those of the `preferred` family first, and then those of the other one, which serve a
// peer that moves to where there is no other. `proven` is the address at which the DC has proven the node.
[[nodiscard]] std::vector<Candidate> find_candidates(
    const NodeRecord& node, Family preferred, const std::optional<Endpoint>& proven
);

}  // namespace ntm::dc
