// SPDX-License-Identifier: BSD-3-Clause
// Why a frame goes to the control thread's side. Each class has its own budget, so that junk of one
// never competes with another (docs/protocol.md section 4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ntm::relay {

enum class PuntClass : std::uint8_t {
    leg,        // LEG of a path in the table
    signal,     // SIGNAL of a live session, and the answer to a handshake of ours
    handshake,  // message 1 of a HANDSHAKE
    host,       // ICMP, TCP, other UDP ports: what the kernel owns
    neighbour,  // ARP and ND: without them every next hop is lost in the end
    cookie,     // COOKIE answers, which demand a token of a handshake of ours
};
inline constexpr std::size_t punt_class_count = 6;
inline constexpr std::array<std::string_view, punt_class_count> punt_class_names{
    "leg", "signal", "handshake", "host", "neighbour", "cookie"};

}  // namespace ntm::relay
