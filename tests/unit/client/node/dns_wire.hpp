// SPDX-License-Identifier: BSD-3-Clause
// Queries on the wire, written by hand: what the tests of the stub resolver send.
#pragma once

#include "common/base/bytes.hpp"

#include <algorithm>
#include <string>

namespace ntm::client::testing {

inline void append_number(Bytes& to, std::uint16_t number) {
    to.push_back(static_cast<std::uint8_t>(number >> 8));
    to.push_back(static_cast<std::uint8_t>(number));
}

[[nodiscard]] inline Bytes dns_query(
    std::uint16_t id, const std::string& name, std::uint16_t type, std::uint16_t dns_class = 1
) {
    Bytes wire;
    append_number(wire, id);
    append_number(wire, 0x0100);  // recursion desired
    append_number(wire, 1);
    wire.insert(wire.end(), 6, 0);
    std::size_t at = 0;
    while (at < name.size()) {
        const std::size_t dot = std::min(name.find('.', at), name.size());
        wire.push_back(static_cast<std::uint8_t>(dot - at));
        append(wire, as_bytes(name.substr(at, dot - at)));
        at = dot + 1;
    }
    wire.push_back(0);
    append_number(wire, type);
    append_number(wire, dns_class);
    return wire;
}

[[nodiscard]] inline Bytes with_edns(Bytes wire, std::uint16_t udp_size, std::uint8_t version = 0) {
    wire[11] = 1;
    wire.push_back(0);
    append_number(wire, 41);
    append_number(wire, udp_size);
    wire.push_back(0);
    wire.push_back(version);
    append_number(wire, 0);
    append_number(wire, 0);
    return wire;
}

}  // namespace ntm::client::testing
