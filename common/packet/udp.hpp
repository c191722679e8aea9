// SPDX-License-Identifier: BSD-3-Clause
// UDP header (RFC 768).
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/packet/drop_reason.hpp"

#include <cstdint>

namespace ntm {

// Holding a view is having checked that the length field is the packet's: no surplus behind the
// datagram either, which a rewritten packet would carry along unseen.
class UdpView {
  public:
    static constexpr std::size_t size = 8;

    // `bytes` is exactly the IP packet's payload.
    [[nodiscard]] static Result<UdpView, DropReason> parse(ByteView bytes) noexcept {
        if (bytes.size() < size || load<Be16>(bytes.data() + 4).to_host() != bytes.size()) {
            return Unexpected{DropReason::bad_udp_length};
        }
        return UdpView{bytes};
    }
    [[nodiscard]] Port source() const noexcept { return {load<Be16>(at_).to_host()}; }
    [[nodiscard]] Port destination() const noexcept { return {load<Be16>(at_ + 2).to_host()}; }
    [[nodiscard]] bool has_checksum() const noexcept { return load<std::uint16_t>(at_ + 6) != 0; }
    [[nodiscard]] ByteView payload() const noexcept { return {at_ + size, length_ - size}; }

  private:
    explicit UdpView(ByteView bytes) noexcept : at_{bytes.data()}, length_{bytes.size()} {}
    const std::uint8_t* at_;
    std::size_t length_;
};

}  // namespace ntm
