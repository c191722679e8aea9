// SPDX-License-Identifier: BSD-3-Clause
#include "bench/swarm/fill.hpp"

#include "bench/swarm/swarm.hpp"
#include "dc/address_pool.hpp"
#include "dc/sqlite_store.hpp"

namespace ntm::swarm {

Result<Nothing, std::string> fill(
    const std::string& store, const std::string& zone, std::uint32_t count
) {
    auto opened = dc::SqliteStore::open(store);
    if (!opened) {
        return Unexpected{opened.error().text};
    }
    const auto state = (*opened)->load();
    if (!state) {
        return Unexpected{state.error().text};
    }
    dc::AddressPool pool{
        {*Prefix::parse("198.18.0.0/17"), *Prefix::parse("fd00:a::/64")},
        state->next_address_number};
    for (std::uint64_t number = 0; number < count; ++number) {
        const auto addresses = pool.take();
        if (!addresses) {
            return Unexpected{std::string{"the block is used up"}};
        }
        dc::NodeRecord node;
        node.key = key_of(number).public_key();
        node.fqdn = name_of(number, zone);
        node.vipv4 = addresses->ipv4;
        node.vipv6 = addresses->ipv6;
        (*opened)->put_node(node);
    }
    (*opened)->put_next_address_number(pool.next_number());
    const auto stored = (*opened)->commit();
    if (!stored) {
        return Unexpected{stored.error().text};
    }
    return Nothing{};
}

}  // namespace ntm::swarm
