// SPDX-License-Identifier: BSD-3-Clause
// A way: one of this host's real addresses and an endpoint of the same family that it reaches from
// there. A node with several addresses has several ways to the same relay or peer.
#pragma once

#include "common/base/address.hpp"

#include <compare>

namespace ntm::client {

struct Way {
    IpAddress local;
    Endpoint remote;
    friend auto operator<=>(const Way&, const Way&) = default;
};

}  // namespace ntm::client
