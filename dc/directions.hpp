// SPDX-License-Identifier: BSD-3-Clause
// Directions as they go on the wire, made from records: the same record always gives the same
// Route Direction, so that an equal revision is a true repeat (docs/protocol.md section 4).
#pragma once

#include "common/protocol/ntm.pb.h"
#include "dc/context.hpp"
#include "dc/path_table.hpp"

namespace ntm::dc {

[[nodiscard]] v1::Address to_wire(const Endpoint& endpoint);
// Nothing unless address and port are whole and can be sent to.
[[nodiscard]] std::optional<Endpoint> from_wire(const v1::Address& address);

// A relay's addresses for nodes: one or two, of different families, IPv4 first. Nothing otherwise.
[[nodiscard]] std::optional<std::vector<Endpoint>> read_relay_addresses(
    const google::protobuf::RepeatedPtrField<v1::Address>& addresses
);

// Each leg with the address at which the DC has proven its node, if the relay has an address of
// that family. `path` has a relay.
[[nodiscard]] v1::RelayDirection build_relay_direction(const Path& path, const Context& context);

// For the end `role` of a path that stands.
[[nodiscard]] v1::RouteDirection build_route_direction(
    const Path& path, Role role, const Context& context
);

}  // namespace ntm::dc
