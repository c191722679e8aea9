// SPDX-License-Identifier: BSD-3-Clause
// What workers must know besides the relay table, as one immutable snapshot: the control thread
// builds a new one and exchanges it (SettingsBox), workers read the one they find at the head of a
// burst.
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/rate_limit.hpp"
#include "common/packet/ethernet.hpp"
#include "rs-dataplane/relay/id_set.hpp"
#include "rs-dataplane/relay/punt_class.hpp"
#include "rs-dataplane/relay/target_filter.hpp"
#include "rs-dataplane/tables/own_addresses.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace ntm::relay {

// A port of the configuration, in its order.
struct alignas(8) PortSettings {
    MacAddress mac;
};

// A neighbour on a port: where a frame goes next. Aligned so that an index into their list is a shift
// and not a division.
struct alignas(32) NextHop {
    EthernetAddresses addresses;  // the neighbour's, if it is known, and the port's
    std::uint16_t port = 0;
    std::uint16_t mtu = 0;   // of the route: largest IP packet
    bool is_usable = false;  // resolved (also STALE, DELAY, PROBE) and the link is up

    friend bool operator==(const NextHop&, const NextHop&) = default;
};

// RS-N: where general nodes see subscribers. The addresses may be the relay's own, whose other ports
// stay the kernel's.
struct PublicSettings {
    tables::OwnAddresses addresses;
    std::uint16_t first_port = 0;  // of all of them
    std::uint16_t last_port = 0;

    [[nodiscard]] bool has_port(std::uint16_t port) const noexcept {
        return port >= first_port && port <= last_port;
    }
};

// Budgets are those of one worker.
struct Settings {
    Port ntm_port{9770};
    BootId boot_id;              // given in COOKIE answers
    tables::OwnAddresses own;    // the same list as the table's
    PublicSettings public_side;  // no addresses: this relay is no RS-N
    TargetFilter targets;        // of exit paths
    std::vector<PortSettings> ports;
    std::vector<NextHop> next_hops;  // by tables::NextHopIndex
    SessionSet sessions;             // live SIGNAL sessions, the ids that we picked
    NonceSet cookie_nonces;          // of handshakes of ours, which a COOKIE answer may name
    std::array<Budget, punt_class_count> punt_budgets{
        Budget{20'000, 2'000},  // by PuntClass
        Budget{20'000, 2'000},
        Budget{1'000, 200},
        Budget{5'000, 1'000},
        Budget{2'000, 500},
        Budget{1'000, 200}};
    // For one path, in front of the LEG budget: its two ends ask 13 times in their first second, and
    // 4 times a second then.
    Budget legs_per_path{10, 40};
    // An answer costs some 500 cycles, and to refuse one 200: all that are answered take about a
    // fifth of a worker, and are as many as a gigabit a second brings.
    Budget cookies_per_network{250'000, 5'000};  // for one IPv4 /16 or IPv6 /32
    // Behind one IPv4 address there may be all customers of a carrier's NAT. After a restart each
    // node with an active path asks every 300 ms, and the one that hears nothing takes the relay for
    // dead: this is enough for 1500 of them.
    Budget cookies_per_ipv4_source{5'000, 2'000};
    Budget cookies_per_ipv6_source{500, 500};  // for one /64
    Budget cookies{1'000'000, 20'000};         // in all
    bool may_sleep = true;                     // a worker that has nothing to do
};

}  // namespace ntm::relay
