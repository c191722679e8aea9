// SPDX-License-Identifier: BSD-3-Clause
// A port of the configuration: one DPDK device, or several where a device has one queue only
// (AF_XDP on veth), opened and started. Each worker gets a queue pair of its own on every port.
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "rs-dataplane/dpdk/queue_losses.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct rte_mempool;

namespace ntm::dpdk {

enum class PortKind : std::uint8_t { af_xdp, af_packet, pci, vdev };

struct PortConfig {
    PortKind kind = PortKind::af_xdp;
    std::string device;  // netdev's name, PCI address, or vdev with its arguments
    std::uint16_t queues = 1;
    std::optional<std::uint16_t> mtu;
};

// What a worker polls and sends on.
struct QueuePair {
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
};

// What opening found worth a warning goes into `warnings`.
struct PortOpening {
    std::size_t number = 0;  // in the configuration
    rte_mempool* buffers = nullptr;
    std::vector<std::string>* warnings = nullptr;
};

class Port {
  public:
    [[nodiscard]] static Result<Port, std::string> open(
        const PortConfig& config, const PortOpening& opening
    );
    Port(Port&& other) noexcept = default;
    Port& operator=(Port&& other) noexcept = default;

    [[nodiscard]] MacAddress mac() const noexcept { return mac_; }
    // By worker.
    [[nodiscard]] const std::vector<QueuePair>& queue_pairs() const noexcept { return pairs_; }
    [[nodiscard]] relay::PortView view() const;
    // Stops and closes the devices; no worker polls them any more.
    void close() noexcept;

  private:
    Port() = default;
    std::string name_;
    MacAddress mac_;
    std::vector<std::uint16_t> devices_;
    std::vector<QueuePair> pairs_;
    mutable QueueLosses losses_;  // the kernel's count is reset when it is read
};

inline constexpr std::uint16_t ring_size = 1024;  // descriptors of a queue, where it may be chosen

}  // namespace ntm::dpdk
