// SPDX-License-Identifier: BSD-3-Clause
#include "control/path_record.hpp"

#include "control/kept_end_keys.hpp"

#include <algorithm>
#include <span>

namespace ntm::control {

namespace {

void write(LegRecord& record, const Leg& leg) {
    std::ranges::copy(leg.secret.view(), record.secret.begin());
    record.proven = leg.proven;
    record.binding = leg.binding;
    record.previous = leg.previous;
}

Leg read(const LegRecord& record) {
    Leg leg;
    leg.secret = Secret32{record.secret};
    leg.proven = record.proven;
    leg.binding = record.binding;
    leg.previous = record.previous;
    return leg;
}

EndRecord record_of(PathId id, const RelayEnd& end) {
    EndRecord record{};
    const Subscriber& who = end.subscriber;
    record.fqdn_length =
        static_cast<std::uint8_t>(who.fqdn.copy(record.fqdn.data(), record.fqdn.size()));
    record.key = who.key;
    record.vipv4 = who.vipv4;
    record.vipv6 = who.vipv6;
    record.most_ports = who.most_ports;
    record.most_sessions = who.most_sessions;
    record.number = end.number;
    record.keys = check_of(id, *end.keys);
    record.general_node_count = static_cast<std::uint8_t>(end.general_nodes.size());
    std::ranges::copy(end.general_nodes, record.general_nodes.begin());
    return record;
}

std::unique_ptr<RelayEnd> read(const EndRecord& record) {
    auto end = std::make_unique<RelayEnd>();
    end->subscriber = {
        std::string{record.fqdn.data(), record.fqdn_length},
        record.key,
        record.vipv4,
        record.vipv6,
        record.most_ports,
        record.most_sessions};
    end->number = record.number;
    const std::span nodes{record.general_nodes};
    const auto count = std::min<std::size_t>(record.general_node_count, nodes.size());
    end->general_nodes.assign(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count));
    return end;
}

}  // namespace

void write(PathRecord& record, const RelayedPath& path) {
    record.id = path.id;
    record.dc = path.dc;
    record.revision = path.revision;
    record.directed = path.directed;
    record.expires = path.expires;
    for (std::size_t i = 0; i < record.legs.size(); ++i) {
        write(record.legs[i], path.legs[i]);
    }
    if (path.end) {
        record.end = record_of(path.id, *path.end);
    }
}

RelayedPath read(const PathRecord& record) {
    RelayedPath path;
    path.id = record.id;
    path.dc = record.dc;
    path.revision = record.revision;
    path.directed = record.directed;
    path.expires = record.expires;
    for (std::size_t i = 0; i < record.legs.size(); ++i) {
        path.legs[i] = read(record.legs[i]);
    }
    if (record.end) {
        path.end = read(*record.end);
    }
    return path;
}

}  // namespace ntm::control
