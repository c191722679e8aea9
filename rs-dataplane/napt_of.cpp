// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt_of.hpp"

namespace ntm {

namespace {

napt::Filter filter_of(control::NaptFilter filter) noexcept {
    switch (filter) {
        case control::NaptFilter::endpoint_independent:
            return napt::Filter::endpoint_independent;
        case control::NaptFilter::address_dependent:
            return napt::Filter::address_dependent;
        case control::NaptFilter::address_and_port_dependent:
            break;
    }
    return napt::Filter::address_and_port_dependent;
}

void set_filters(napt::Filters& filters, const control::NaptFilters& wanted) noexcept {
    filters[static_cast<std::size_t>(napt::Protocol::udp)] = filter_of(wanted.udp);
    filters[static_cast<std::size_t>(napt::Protocol::tcp)] = filter_of(wanted.tcp);
}

napt::Times times_of(const control::NaptTimes& times) noexcept {
    using std::chrono::seconds;
    return {
        .udp = seconds{times.udp},
        .icmp = seconds{times.icmp},
        .tcp_transitory = seconds{times.tcp_transitory},
        .tcp_established = seconds{times.tcp_established}};
}

}  // namespace

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
    ports.rest = std::chrono::seconds{config.times.port_rest};
    made.plan.ipv4 = ports;
    made.plan.ipv4.addresses = made.ipv4.size();
    made.plan.ipv6 = ports;
    made.plan.ipv6.addresses = made.ipv6.size();
    made.plan.subscribers = config.subscribers;
    made.plan.mappings = config.mappings;
    made.plan.sessions = config.sessions;
    made.plan.times = times_of(config.times);
    set_filters(made.plan.path_filters, config.path_filters);
    set_filters(made.plan.exit_path_filters, config.exit_filters);
    made.fragments = {
        config.fragments, config.source_fragments, std::chrono::seconds{config.fragment_seconds}};
    made.tells_events = config.records.has_value();
    made.plan.tells_sessions = config.records && config.records->has_sessions;
    return made;
}

}  // namespace ntm
