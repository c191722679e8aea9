// SPDX-License-Identifier: BSD-3-Clause
// What a UDP socket gives and takes, as a value: what protocol brains see instead of sockets.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"

#include <cstdint>

namespace ntm {

// `local` is the address and port of this host that received, or from which to send; an
// unspecified local address leaves the choice to the kernel. `traffic_class` is the IP header's DSCP
// (upper six bits) and ECN field; a socket that does not carry it leaves it zero.
struct Datagram {
    Endpoint local;
    Endpoint remote;
    Bytes payload;
    std::uint8_t traffic_class = 0;
};

}  // namespace ntm
