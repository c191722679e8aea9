// SPDX-License-Identifier: BSD-3-Clause
// relay.yaml: what ntm-relay is told (configs/relay.yaml explains each key).
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/config/config_error.hpp"
#include "common/config/shared_keys.hpp"
#include "common/crypto/suite.hpp"
#include "common/crypto/x25519.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"
#include "control/napt_config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ntm::control {

struct DcConfig {
    std::string name;
    crypto::PublicKey key;
    std::vector<Endpoint> addresses;
};

// What a port takes at least: inner packets of 1280 bytes, which every path carries (docs/protocol.md section
// 7), by the suite that adds most, and over IPv6. A relay can not have less: no host sends shorter IPv6 packets
// because it is told to (RFC 8201 section 4), and outer packets are not fragmented.
inline constexpr std::uint16_t least_mtu =
    Ipv6View::size + UdpView::size + NtmView::size +
    crypto::sealed_size(crypto::Suite::aes_128_cbc_hmac_sha_256, 1280);

enum class PortKind : std::uint8_t { af_xdp, af_packet, pci, vdev };

struct PortConfig {
    PortKind kind = PortKind::af_xdp;
    std::string device;  // netdev's name, PCI address, or vdev with its arguments
    std::string tap;     // name of the TAP that stands for the port in the kernel
    std::vector<InterfaceAddress> addresses;
    std::vector<IpAddress> gateways;   // at most one of each family
    std::uint16_t queues = 1;          // one for each worker
    std::optional<std::uint16_t> mtu;  // the device's own if absent
};

enum class Hugepages : std::uint8_t {
    if_there,  // with a warning if there are none
    required,
    none,
};

// What a worker lets through in a second; each has its own.
struct RelayLimits {
    std::uint32_t legs_per_second = 20'000;             // LEG, to the control thread
    std::uint32_t path_legs_per_second = 10;            // of them, of one path
    std::uint32_t signals_per_second = 20'000;          // SIGNAL and answers to HANDSHAKE, likewise
    std::uint32_t handshakes_per_second = 1000;         // message 1 of HANDSHAKE, likewise
    std::uint32_t cookies_per_second = 1'000'000;       // COOKIE answers in all
    std::uint32_t host_packets_per_second = 5000;       // to the kernel
    std::uint32_t neighbour_packets_per_second = 2000;  // ARP and ND, likewise

    friend bool operator==(const RelayLimits&, const RelayLimits&) = default;
};

struct RelayConfig {
    std::string file;  // that it came from
    std::string name;
    Port listen_port{9770};
    std::string key_file;
    std::optional<crypto::PublicKey> own_key;  // of the private key there, if it was looked at
    std::string admin_socket;
    std::string state_file;  // of what outlives the process; empty: nothing does
    std::vector<DcConfig> dcs;
    std::vector<PortConfig> ports;
    std::uint16_t workers = 1;
    bool idle_sleep = true;
    std::uint32_t path_capacity = 65536;
    std::vector<crypto::Suite> suites = crypto::usual_suites();
    std::optional<NaptConfig> napt;
    RelayLimits limits;
    std::string file_prefix;
    Hugepages hugepages = Hugepages::if_there;
    std::vector<std::string> extra_eal_args;
    std::string log_level = "info";

    // Own addresses, in the order of the ports.
    [[nodiscard]] std::vector<IpAddress> own_addresses() const;
};

// Why a configuration whose parts are good is not, if so. What is read has no clash; one that takes
// over a part of what is read may.
[[nodiscard]] std::optional<std::string> clash_in(const RelayConfig& config);

[[nodiscard]] Result<RelayConfig, config::ConfigError> read_relay_config(
    const std::string& file, config::KeyFiles keys = config::KeyFiles::not_looked_at
);

}  // namespace ntm::control
