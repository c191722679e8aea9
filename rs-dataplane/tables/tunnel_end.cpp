// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/tunnel_end.hpp"

namespace ntm::tables {

TunnelEnd make_tunnel_end(const RelayPath& path) {
    TunnelEnd made;
    made.subscriber = path.end->subscriber;
    made.is_exit = path.end->general_nodes.empty();
    made.keys = path.end->keys;
    made.suite = made.keys->opening.key.suite;
    for (std::size_t i = 0; i < made.ways.size(); ++i) {
        made.ways[i].next_hop = path.end->exit_hops[i];
    }
    for (const PathEnd::GeneralNode& node : path.end->general_nodes) {
        TunnelEnd::Way& way = made.ways[node.real_address.is_ipv4() ? 0 : 1];
        way.node.virtual_address = PaddedAddress::of(node.virtual_address);
        way.node.real_address = PaddedAddress::of(node.real_address);
        way.next_hop = node.next_hop;
        way.exists = true;
    }
    return made;
}

}  // namespace ntm::tables
