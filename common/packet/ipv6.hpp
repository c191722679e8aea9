// SPDX-License-Identifier: BSD-3-Clause
// IPv6 header (RFC 8200).
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/packet/drop_reason.hpp"

#include <cstdint>

namespace ntm {

// Holding a view is having checked version and payload length.
class Ipv6View {
  public:
    static constexpr std::size_t size = 40;

    // `bytes` may go on behind the packet, as Ethernet's padding does.
    [[nodiscard]] static Result<Ipv6View, DropReason> parse(ByteView bytes) noexcept {
        if (bytes.size() < size) {
            return Unexpected{DropReason::truncated_ipv6};
        }
        if (bytes[0] >> 4 != 6) {
            return Unexpected{DropReason::bad_ipv6_header};
        }
        if (size + load<Be16>(bytes.data() + 4).to_host() > bytes.size()) {
            return Unexpected{DropReason::truncated_ipv6};
        }
        return Ipv6View{bytes.data()};
    }
    [[nodiscard]] std::uint8_t traffic_class() const noexcept {
        return static_cast<std::uint8_t>((at_[0] << 4) | (at_[1] >> 4));
    }
    [[nodiscard]] std::uint16_t payload_length() const noexcept {
        return load<Be16>(at_ + 4).to_host();
    }
    [[nodiscard]] std::uint8_t next_header() const noexcept { return at_[6]; }
    [[nodiscard]] std::uint8_t hop_limit() const noexcept { return at_[7]; }
    [[nodiscard]] Ipv6Address source() const noexcept { return load<Ipv6Address>(at_ + 8); }
    [[nodiscard]] Ipv6Address destination() const noexcept { return load<Ipv6Address>(at_ + 24); }
    [[nodiscard]] const std::uint8_t* source_bytes() const noexcept { return at_ + 8; }
    [[nodiscard]] const std::uint8_t* destination_bytes() const noexcept { return at_ + 24; }
    [[nodiscard]] ByteView payload() const noexcept { return {at_ + size, payload_length()}; }

  private:
    explicit Ipv6View(const std::uint8_t* at) noexcept : at_{at} {}
    const std::uint8_t* at_;
};

}  // namespace ntm
