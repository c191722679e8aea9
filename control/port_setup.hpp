// SPDX-License-Identifier: BSD-3-Clause
// Makes the TAPs of the configuration and gives them what the kernel needs to own the relay's
// addresses: the port's MAC address and MTU, the addresses, the default routes.
#pragma once

#include "common/base/result.hpp"
#include "control/config.hpp"
#include "control/netlink_socket.hpp"
#include "control/tap_device.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <string>
#include <vector>

namespace ntm::control {

// In the order of the ports. The error is a sentence.
[[nodiscard]] Result<std::vector<TapDevice>, std::string> set_up_taps(
    const RelayConfig& config, const relay::Observation& observation, NetlinkRequests& netlink
);

}  // namespace ntm::control
