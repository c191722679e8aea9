// SPDX-License-Identifier: BSD-3-Clause
// The TUN device through which applications see virtual addresses. Not persistent: the kernel
// removes it with everything on it when the process ends, however that comes.
#pragma once

#include "client/node/netlink.hpp"
#include "client/node/tun_network.hpp"
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

    // As TunNetwork::configure().
    [[nodiscard]] std::vector<std::string> configure(const VirtualNetwork& wanted, Instant now);
    [[nodiscard]] Instant retry_at() const noexcept { return network_.retry_at(); }

    // The next packet, if there is one. After an error there will be none any more: the device is
    // gone.
    [[nodiscard]] Result<std::optional<Bytes>, std::string> read();
    // Drops the packet if the device does not take it.
    void write(ByteView packet) noexcept;

  private:
    TunDevice(int descriptor, std::uint32_t index, Netlink netlink) noexcept
        : descriptor_{descriptor}, index_{index}, netlink_{std::move(netlink)} {}

    int descriptor_;  // owned
    std::uint32_t index_;
    Netlink netlink_;
    TunNetwork network_;
};

}  // namespace ntm::client
