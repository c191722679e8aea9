// SPDX-License-Identifier: BSD-3-Clause
// A UDP socket on all addresses of one family that knows, for each datagram, at which own address
// it came in and from which it is to leave (IP_PKTINFO, RFC 3542).
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ntm::control {

// What the socket lost, and what it did not.
struct UdpCounters {
    std::uint64_t received = 0;
    std::uint64_t truncated = 0;  // longer than anything of ours
    std::uint64_t sent = 0;
    std::uint64_t send_failed = 0;
};

class UdpSocket {
  public:
    [[nodiscard]] static Result<UdpSocket, std::string> open(Family family, Port port);
    ~UdpSocket();
    UdpSocket(UdpSocket&& other) noexcept;
    UdpSocket& operator=(UdpSocket&&) = delete;
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] Family family() const noexcept { return family_; }
    // Hands over at most `most` waiting datagrams; returns how many.
    std::size_t receive(const std::function<void(const Datagram&)>& take, std::size_t most);
    // False: the kernel did not take it; the protocol repeats what matters.
    [[nodiscard]] bool send(const Datagram& datagram);

    [[nodiscard]] const UdpCounters& counters() const noexcept { return counters_; }

  private:
    UdpSocket(int descriptor, Family family, Port port) noexcept
        : descriptor_{descriptor}, family_{family}, port_{port} {}
    int descriptor_;  // owned
    Family family_;
    Port port_;
    UdpCounters counters_;
};

// One for each family that one of the addresses has: a kernel without IPv6 serves a relay without IPv6.
[[nodiscard]] Result<std::vector<UdpSocket>, std::string> open_sockets(
    const std::vector<IpAddress>& addresses, Port port
);

}  // namespace ntm::control
