// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/exit_rules.hpp"

#include <algorithm>
#include <array>

namespace ntm::client {

namespace {

// Behind all rules that somebody makes for himself, and before the one for the main table.
constexpr std::array<std::uint32_t, 4> priorities{32701, 32702, 32703, 32704};
constexpr std::uint32_t rule_of_main_table = 32766;
constexpr std::uint32_t main_table = 254;

Prefix just(const IpAddress& address) {
    return {address, static_cast<std::uint8_t>(address.is_ipv4() ? 32 : 128)};
}

bool is_in_use(const KernelState& state) {
    return std::ranges::any_of(state.default_routes, [](const DefaultRoute& route) {
        return route.table == exit_table;
    });
}

}  // namespace

std::vector<PolicyRule> exit_rules(const IpAddress& vip) {
    PolicyRule own{vip.family(), priorities[0]};
    own.mark = own_mark;
    own.goes_to = rule_of_main_table;

    PolicyRule bound{vip.family(), priorities[1]};
    bound.source = just(vip);
    bound.table = exit_table;

    PolicyRule specific{vip.family(), priorities[2]};
    specific.table = main_table;
    specific.passes_over_default = true;

    PolicyRule unbound{vip.family(), priorities[3]};
    unbound.table = exit_table;
    if (vip.is_ipv4()) {
        unbound.source = just(Ipv4Address{});
    } else {
        // IPv6 has no rule for packets without a source, but one that looks for what it would be.
        unbound.source = just(vip);
        unbound.finds_source = true;
    }
    return {own, bound, specific, unbound};
}

void remove_left_exit_rules(Netlink& netlink) {
    const auto state = read_kernel_state();
    if (!state || is_in_use(*state)) {
        return;
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        for (const std::uint32_t priority : priorities) {
            while (netlink.remove_rule({family, priority})) {
            }
        }
    }
}

}  // namespace ntm::client
