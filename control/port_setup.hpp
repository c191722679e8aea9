// SPDX-License-Identifier: BSD-3-Clause
// Makes the TAPs of the configuration and gives them what the kernel needs to own the relay's
// addresses: the port's MAC address and MTU, the addresses, the default routes.
#pragma once

#include "common/base/result.hpp"
#include "control/config.hpp"
#include "control/netlink_socket.hpp"
#include "control/tap_device.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ntm::control {

// A sentence if a port with this MTU is of no use, or nothing.
[[nodiscard]] std::string mtu_lack(std::uint16_t mtu);

// In the order of the ports. The error is a sentence.
[[nodiscard]] Result<std::vector<TapDevice>, std::string> set_up_taps(
    const RelayConfig& config, const relay::Observation& observation, NetlinkRequests& netlink
);

}  // namespace ntm::control
