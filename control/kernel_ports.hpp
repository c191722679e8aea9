// SPDX-License-Identifier: BSD-3-Clause
// Which ports the relay's kernel takes for connections of its own, and on which programs of its host wait. What
// subscribers have at an address of the relay's is not to be among them: answers and requests would go to
// subscribers, or to nobody.
#pragma once

#include <cstdint>
#include <istream>
#include <set>
#include <string>

namespace ntm::control {

// As in /proc/sys/net/ipv4; IPv6 goes by the same.
struct KernelPorts {
    std::string chosen_from;  // ip_local_port_range: "32768 60999"
    std::string reserved;     // ip_local_reserved_ports: "32768-49151,50000", or nothing
};

// Empty where it can not be read.
[[nodiscard]] KernelPorts read_kernel_ports();

// Whether the kernel may choose one of these.
[[nodiscard]] bool takes_any_of(const KernelPorts& kernel, std::uint16_t first, std::uint16_t last);

// On which programs wait, but for those that only this host can reach.
[[nodiscard]] std::set<std::uint16_t> ports_in_use();
// The same of one table of the kernel's: /proc/net/tcp, udp, tcp6 or udp6.
[[nodiscard]] std::set<std::uint16_t> ports_in_use(std::istream& table);

}  // namespace ntm::control
