// SPDX-License-Identifier: BSD-3-Clause
// The TUN device through which applications see virtual addresses. Not persistent: the kernel
// removes it with everything on it when the process ends, however that comes.
#pragma once

#include "client/node/netlink.hpp"
#include "client/node/tunnel_manager.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <optional>
#include <string>

namespace ntm::client {

class TunDevice {
  public:
    // The error is a sentence.
    [[nodiscard]] static Result<TunDevice, std::string> create(const std::string& name);
    ~TunDevice();
    TunDevice(TunDevice&& other) noexcept;
    TunDevice& operator=(TunDevice&&) = delete;
    TunDevice(const TunDevice&) = delete;
    TunDevice& operator=(const TunDevice&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }

    // Brings addresses, routes and MTU in line with `wanted`, touching only what differs.
    [[nodiscard]] Result<Nothing, std::string> configure(const VirtualNetwork& wanted);

    // The next packet, if there is one.
    [[nodiscard]] std::optional<Bytes> read();
    // Drops the packet if the device does not take it.
    void write(ByteView packet) noexcept;

  private:
    TunDevice(int descriptor, std::uint32_t index, Netlink netlink) noexcept
        : descriptor_{descriptor}, index_{index}, netlink_{std::move(netlink)} {}
    [[nodiscard]] Result<Nothing, std::string> change_address(
        const std::optional<InterfaceAddress>& from, const std::optional<InterfaceAddress>& to
    );

    int descriptor_;  // owned
    std::uint32_t index_;
    Netlink netlink_;
    std::optional<VirtualNetwork> present_;
};

}  // namespace ntm::client
