// SPDX-License-Identifier: BSD-3-Clause
// A path as it is kept for the process that comes after this one: all of RelayedPath but what that one
// finds out by itself, the next hops, and the last Request, which a node repeats.
#pragma once

#include "control/relayed_path.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace ntm::control {

struct LegRecord {
    std::array<std::uint8_t, Secret32::size> secret;
    std::optional<Endpoint> proven;
    std::optional<Leg::Binding> binding;
    std::optional<Leg::Previous> previous;
};

struct EndRecord {
    std::array<char, 255> fqdn;
    std::uint8_t fqdn_length;
    crypto::PublicKey key;
    Ipv4Address vipv4;
    Ipv6Address vipv6;
    std::uint32_t most_ports;
    std::uint32_t most_sessions;
    tables::SubscriberNumber number;
    std::uint64_t keys;  // check_of() them
    std::array<tables::PathEnd::GeneralNode, 2> general_nodes;
    std::uint8_t general_node_count;
};

struct PathRecord {
    PathId id;
    crypto::PublicKey dc;
    std::uint32_t revision;
    Instant directed;
    Instant expires;
    std::array<LegRecord, 2> legs;
    std::optional<EndRecord> end;

    [[nodiscard]] std::uint64_t key() const noexcept { return id.value; }
};
static_assert(std::is_trivially_copyable_v<PathRecord>);

void write(PathRecord& record, const RelayedPath& path);
// An end comes without its keys.
[[nodiscard]] RelayedPath read(const PathRecord& record);

}  // namespace ntm::control
