// SPDX-License-Identifier: BSD-3-Clause
// How DPDK's devices are named in relay.yaml. Each parser gives the text back, or nothing if DPDK
// could not take it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ntm::control {

// "0000:03:00.0": domain, bus, device and function in hexadecimal digits.
[[nodiscard]] std::optional<std::string> parse_pci_address(std::string_view text);
// "net_ring0" or "net_tap0,iface=x": a virtual device and its arguments.
[[nodiscard]] std::optional<std::string> parse_vdev(std::string_view text);
// A part of file names: the folder of DPDK's run-time files, and the files of its pages.
[[nodiscard]] std::optional<std::string> parse_file_prefix(std::string_view text);

}  // namespace ntm::control
