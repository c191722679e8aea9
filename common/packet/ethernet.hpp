// SPDX-License-Identifier: BSD-3-Clause
// Ethernet II header (IEEE 802.3).
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/packet/drop_reason.hpp"

#include <cstdint>

namespace ntm {

namespace ethertype {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t vlan = 0x8100;
inline constexpr std::uint16_t service_vlan = 0x88a8;
inline constexpr std::uint16_t ipv6 = 0x86dd;
}  // namespace ethertype

// The first twelve bytes of a frame, as they lie in it.
struct EthernetAddresses {
    MacAddress destination;
    MacAddress source;
    friend bool operator==(const EthernetAddresses&, const EthernetAddresses&) = default;
};
static_assert(sizeof(EthernetAddresses) == 12);

// Holding a view is having checked that the header is there.
class EthernetView {
  public:
    static constexpr std::size_t size = 14;

    [[nodiscard]] static Result<EthernetView, DropReason> parse(ByteView frame) noexcept {
        if (frame.size() < size) {
            return Unexpected{DropReason::truncated_ethernet};
        }
        return EthernetView{frame};
    }
    [[nodiscard]] MacAddress destination() const noexcept { return load<MacAddress>(at_); }
    [[nodiscard]] MacAddress source() const noexcept { return load<MacAddress>(at_ + 6); }
    // Broadcast included.
    [[nodiscard]] bool is_to_group() const noexcept { return (at_[0] & 1) != 0; }
    [[nodiscard]] bool is_from_group() const noexcept { return (at_[6] & 1) != 0; }
    [[nodiscard]] std::uint16_t ethertype() const noexcept {
        return load<Be16>(at_ + 12).to_host();
    }
    [[nodiscard]] bool is_tagged() const noexcept {
        return ethertype() == ethertype::vlan || ethertype() == ethertype::service_vlan;
    }
    [[nodiscard]] ByteView payload() const noexcept { return {at_ + size, length_ - size}; }

  private:
    explicit EthernetView(ByteView frame) noexcept : at_{frame.data()}, length_{frame.size()} {}
    const std::uint8_t* at_;
    std::size_t length_;
};

}  // namespace ntm
