// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt_of.hpp"

namespace ntm {

dpdk::NaptConfig napt_of(const control::NaptConfig& config) {
    dpdk::NaptConfig made;
    for (const IpAddress& address : config.addresses) {
        if (address.is_ipv4()) {
            made.ipv4.push_back(address.ipv4());
        } else {
            made.ipv6.push_back(address.ipv6());
        }
    }
    napt::PortBlocks::Plan ports;
    ports.first_port = config.first_port;
    ports.blocks_each = config.blocks();
    ports.block_size = config.block_size;
    made.plan.ipv4 = ports;
    made.plan.ipv4.addresses = made.ipv4.size();
    made.plan.ipv6 = ports;
    made.plan.ipv6.addresses = made.ipv6.size();
    made.plan.subscribers = config.subscribers;
    made.plan.mappings = config.mappings;
    made.plan.sessions = config.sessions;
    made.fragments = {
        config.fragments, config.source_fragments, std::chrono::seconds{config.fragment_seconds}};
    made.tells_events = config.records.has_value();
    made.plan.tells_sessions = config.records && config.records->has_sessions;
    return made;
}

}  // namespace ntm
