// SPDX-License-Identifier: BSD-3-Clause
// A TAP device: the kernel's side of a port. It lives as long as its descriptor is open.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace ntm::control {

class TapDevice {
  public:
    // Made down, without addresses.
    [[nodiscard]] static Result<TapDevice, std::string> make(const std::string& name);
    ~TapDevice();
    TapDevice(TapDevice&& other) noexcept;
    TapDevice& operator=(TapDevice&&) = delete;
    TapDevice(const TapDevice&) = delete;
    TapDevice& operator=(const TapDevice&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] int index() const noexcept { return index_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // Gives a frame to the kernel. False: it did not take it.
    [[nodiscard]] bool write(ByteView frame);
    // A frame of the kernel's, valid until the next call; nothing when there is none.
    [[nodiscard]] std::optional<ByteView> read();

  private:
    TapDevice(int descriptor, int index, std::string name)
        : descriptor_{descriptor}, index_{index}, name_{std::move(name)} {}
    int descriptor_;  // owned
    int index_;
    std::string name_;
    std::array<std::uint8_t, 9728> frame_{};  // a jumbo frame
};

// Writes /proc/sys/net/KEY. False where there is none, as of IPv6 where the kernel knows no IPv6.
[[nodiscard]] bool set_network_option(const std::string& key, const std::string& value);

}  // namespace ntm::control
