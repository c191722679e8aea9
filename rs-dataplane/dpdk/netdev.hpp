// SPDX-License-Identifier: BSD-3-Clause
// The kernel's side of a port that is a network device: it must be up, and the kernel must not
// answer for it, since the relay's addresses are on the port's TAP.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ntm::dpdk {

// Whether an address so labelled is the interface's: "eth0", or "eth0:mgmt" (ip-address(8)).
[[nodiscard]] bool is_label_of(std::string_view label, std::string_view interface) noexcept;
// Why no relay may have this device: it is not there, the host is reached by an IPv4 address on it, or
// it is part of a bridge, a bond or the like, by which the host may be. Empty if one may. IPv6 addresses
// do not count: a router's advertisement makes them by itself.
[[nodiscard]] std::string netdev_obstacle(const std::string& name);
// The error is a sentence. A device with an obstacle stays as it is.
[[nodiscard]] Result<Nothing, std::string> bring_up(const std::string& name);
// IPv6 off; where the kernel goes on to see each frame (AF_PACKET), ARP off too, and IPv4 taken only
// from where its route leads, which is the TAP. All of it stays when the relay ends (configs/relay.yaml
// says so): what was there before can not be known after a crash, and between two runs the kernel must
// not answer either. Returns what did not work, as sentences.
[[nodiscard]] std::vector<std::string> keep_kernel_off(const std::string& name, bool sees_frames);

}  // namespace ntm::dpdk
