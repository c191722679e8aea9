// SPDX-License-Identifier: BSD-3-Clause
// What a coordinator is told at its start: dc/config.cpp makes it from dc.yaml, tests by hand.
#pragma once

#include "common/base/time.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/x25519.hpp"
#include "dc/address_pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ntm::dc {

struct Limits {
    std::size_t paths_per_node = 1024;
    std::uint32_t requests_per_second = 20;      // Direction Requests of one node
    std::uint32_t calls_per_second = 200;        // Direction Requests for one node, of all others
    std::uint32_t registrations_per_second = 2;  // of one node, after a burst of 10
    std::uint32_t releases_per_second = 100;     // of one node, after a burst of all its paths
    std::uint32_t restored_per_second = 10000;   // Relay Directions to one relay after a restart
    std::uint32_t cookies_per_second = 10;       // asks answered of one source address
    // Of one node at the relay that translates for it; 0: as the relay has it.
    std::uint32_t subscriber_ports = 0;
    std::uint32_t subscriber_sessions = 0;
};

struct Timing {
    Duration keep_alive = std::chrono::seconds{15};
    // A node that was not heard for so long counts as not registered.
    Duration registration_lifetime = std::chrono::seconds{60};
    Duration path_lifetime = std::chrono::hours{24};
    // Three RS Status missing, at one every 300 ms.
    Duration relay_silence = std::chrono::milliseconds{1000};
    // How long a Direction Request waits for a relay when none is alive.
    Duration relay_wait = std::chrono::seconds{2};
};

struct Settings {
    std::vector<std::string> zones;  // lower case, no dot at the end
    VirtualBlocks blocks;
    std::optional<GeneralBlocks> general_blocks;  // nothing: no paths to general nodes
    std::vector<Prefix> general_allowed;  // in which nodes' own addresses are general nodes too
    std::vector<crypto::Suite> suites = crypto::usual_suites();
    std::uint32_t inner_mtu = 1400;
    // That paths which end at a relay stay on it while it drains.
    Duration drain_time = std::chrono::hours{1};
    Limits limits;
    Timing timing;
    // The wall clock at the origin of Instants: only for ages that people read.
    std::int64_t unix_seconds_at_origin = 0;
};

}  // namespace ntm::dc
