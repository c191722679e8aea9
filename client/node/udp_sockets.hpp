// SPDX-License-Identifier: BSD-3-Clause
// The node's one UDP port in both families. Datagrams come and go in batches; each names the own
// address that it came to or leaves from, and leaves through the interface that has that address,
// so that two networks can be used at once (docs/protocol.md section 5, moving).
#pragma once

#include "client/node/local_addresses.hpp"
#include "common/base/datagram.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ntm::client {

class UdpSockets {
  public:
    // The error is a sentence. Without IPv6 in the kernel there is only the IPv4 socket. `mark`: by which
    // the kernel's rules know what they send; zero: none.
    [[nodiscard]] static Result<UdpSockets, std::string> open(Port port, std::uint32_t mark = 0);
    ~UdpSockets();
    UdpSockets(UdpSockets&& other) noexcept;
    UdpSockets& operator=(UdpSockets&&) = delete;
    UdpSockets(const UdpSockets&) = delete;
    UdpSockets& operator=(const UdpSockets&) = delete;

    // For waiting; -1 if there is none of this family.
    [[nodiscard]] int descriptor(Family family) const noexcept;
    // Which interface has which address.
    void set_addresses(const std::vector<RealAddress>& present);

    // Up to 64 that have arrived.
    [[nodiscard]] std::vector<Datagram> receive(Family family);
    // In order; what the kernel does not take is dropped and counted.
    void send(std::span<const Datagram> datagrams);
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    struct Batch;
    UdpSockets(int ipv4, int ipv6, Port port);
    void send_batch(std::span<const Datagram* const> datagrams, Family family);
    [[nodiscard]] std::uint32_t interface_of(const IpAddress& local) const;

    int ipv4_;  // owned, as is the next
    int ipv6_;
    Port port_;
    std::unordered_map<IpAddress, std::uint32_t> interfaces_;
    std::unique_ptr<Batch> batch_;
    std::uint64_t dropped_ = 0;
};

}  // namespace ntm::client
