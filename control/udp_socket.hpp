// SPDX-License-Identifier: BSD-3-Clause
// A UDP socket on all addresses of one family that knows, for each datagram, at which own address
// it came in and from which it is to leave (IP_PKTINFO, RFC 3542).
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace ntm::control {

class UdpSocket {
  public:
    [[nodiscard]] static Result<UdpSocket, std::string> open(Family family, Port port);
    ~UdpSocket();
    UdpSocket(UdpSocket&& other) noexcept;
    UdpSocket& operator=(UdpSocket&&) = delete;
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    // Hands over at most `most` waiting datagrams; returns how many.
    std::size_t receive(const std::function<void(const Datagram&)>& take, std::size_t most);
    // False: the kernel did not take it; the protocol repeats what matters.
    [[nodiscard]] bool send(const Datagram& datagram);

  private:
    UdpSocket(int descriptor, Family family, Port port) noexcept
        : descriptor_{descriptor}, family_{family}, port_{port} {}
    int descriptor_;  // owned
    Family family_;
    Port port_;
};

}  // namespace ntm::control
