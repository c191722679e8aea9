// SPDX-License-Identifier: BSD-3-Clause
// Section `napt` of relay.yaml: with it the relay is an RS-N too.
#pragma once

#include "common/base/address.hpp"
#include "common/config/reader.hpp"
#include "control/nat_records/records_config.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::control {

// In seconds: how long what a node has opened stays with nothing sent, and ports that he gave back rest.
// None may be shorter than the RFCs say (4787 REQ-5, 5508 REQ-2, 5382 REQ-5).
struct NaptTimes {
    std::uint32_t udp = 300;
    std::uint32_t icmp = 60;
    std::uint32_t tcp_transitory = 240;
    std::uint32_t tcp_established = 7440;
    std::uint32_t port_rest = 120;
    friend bool operator==(const NaptTimes&, const NaptTimes&) = default;
};

// Whom a port lets in besides those that a node has sent to (RFC 4787 section 5).
enum class NaptFilter : std::uint8_t {
    endpoint_independent,
    address_dependent,
    address_and_port_dependent,
};
struct NaptFilters {
    NaptFilter udp;
    NaptFilter tcp;
    friend bool operator==(const NaptFilters&, const NaptFilters&) = default;
};

struct NaptConfig {
    std::vector<IpAddress> addresses;  // at which general nodes see subscribers
    std::uint16_t first_port = 32768;  // of each of them
    std::uint16_t ports = 16384;
    std::uint16_t block_size = 256;  // ports that a subscriber gets at once
    std::uint32_t subscribers = 1024;
    std::uint32_t mappings = 65536;
    std::uint32_t sessions = 65536;
    std::uint32_t subscriber_ports = 1024;  // that one may have, where his DC says nothing
    std::uint32_t subscriber_sessions = 8192;
    std::uint32_t subscriber_new_ports = 1000;  // in a second
    NaptTimes times;
    NaptFilters path_filters{NaptFilter::address_dependent, NaptFilter::address_dependent};
    NaptFilters exit_filters{NaptFilter::endpoint_independent, NaptFilter::endpoint_independent};
    std::uint32_t fragments =
        2048;  // that wait for others of their packets: of nodes, and of others
    std::uint32_t source_fragments = 256;  // of one host
    std::uint32_t fragment_seconds = 15;   // how long
    std::vector<Prefix> allow;             // of special ranges, to forward to all the same
    std::optional<RecordsConfig> records;

    // Of each address; none where the size of a block could not be read.
    [[nodiscard]] unsigned blocks() const noexcept {
        return block_size == 0 ? 0 : ports / block_size;
    }
    [[nodiscard]] std::uint16_t last_port() const noexcept {
        return static_cast<std::uint16_t>(first_port + ports - 1);
    }
    friend bool operator==(const NaptConfig&, const NaptConfig&) = default;
};

// As the configuration has it.
[[nodiscard]] const char* text_of(NaptFilter filter) noexcept;

// `ntm_port`: the relay's own, which is nobody's.
[[nodiscard]] NaptConfig read_napt(config::Section& napt, Port ntm_port);

}  // namespace ntm::control
