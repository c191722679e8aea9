// SPDX-License-Identifier: BSD-3-Clause
// The kernel's policy rules that send what is not virtual into the TUN device (`exit: true`), by a
// routing table of their own, in which there is nothing but default routes into it.
//
// Theory of operation, for each family, in this order:
//   1. what the node itself sends, the tunnel's packets and questions to resolvers, goes on at the main
//      table: it has a mark;
//   2. what comes from the VIP goes into the TUN device, wherever the host is by now;
//   3. whatever the main table has a more specific route for goes by that: the networks that the host is
//      on, and the virtual prefixes;
//   4. what has no source address yet, a new connection, gets the VIP, and goes into the TUN device.
// What has another source address, such as an answer to somebody who reached the host at a real one, is
// met by none of them. Rules outlive a process that is killed, and lead nowhere then: the table is empty.
#pragma once

#include "client/node/netlink.hpp"
#include "common/base/address.hpp"

#include <cstdint>
#include <vector>

namespace ntm::client {

// Of the node that has an exit path. Of two in a network namespace the first has it.
inline constexpr std::uint32_t exit_table = 9770;
// Of all nodes: none uses the exit path of another.
inline constexpr std::uint32_t own_mark = 9770;

// Of the VIP's family, in order.
[[nodiscard]] std::vector<PolicyRule> exit_rules(const IpAddress& vip);

// Removes the rules of a node that has been killed; those of one that runs stay.
void remove_left_exit_rules(Netlink& netlink);

}  // namespace ntm::client
