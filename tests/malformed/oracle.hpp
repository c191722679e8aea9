// SPDX-License-Identifier: BSD-3-Clause
// Reading frames and summing checksums the plain way, for holding the relay's against.
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"

#include <cstdint>

namespace ntm::malformed {

inline std::uint16_t word_at(ByteView bytes, std::size_t at) {
    return load<Be16>(bytes.data() + at).to_host();
}

// RFC 1071, word by word: 0xffff if the covered field is right, and the same for every other error
// as long as the error stays the same.
inline std::uint16_t plain_sum(ByteView bytes, std::uint32_t start = 0) {
    std::uint32_t sum = start;
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        sum += word_at(bytes, at);
    }
    if (bytes.size() % 2 != 0) {
        sum += static_cast<std::uint32_t>(bytes.back() << 8);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(sum);
}

// A frame whose outer headers are plain: what the relay may transmit, or have taken.
struct PlainFrame {
    explicit PlainFrame(ByteView frame)
        : bytes{frame},
          is_ipv6{word_at(frame, 12) == 0x86dd},
          ip{frame.subspan(14)},
          udp{ip.subspan(is_ipv6 ? 40 : 20)},
          udp_length{is_ipv6 ? word_at(ip, 4) : static_cast<std::uint16_t>(word_at(ip, 2) - 20U)},
          ntm{udp.subspan(8, udp_length - 8U)} {}

    [[nodiscard]] bool is_to(Port port) const {
        constexpr std::uint8_t of_udp = 17;
        return ip[is_ipv6 ? 6 : 9] == of_udp && word_at(udp, 2) == port.number;
    }
    // Of its NTM header.
    [[nodiscard]] PathId path() const { return {load<Be64>(ntm.data() + 8).to_host()}; }
    [[nodiscard]] std::size_t length() const { return 14 + (is_ipv6 ? 40U : 20U) + udp_length; }
    [[nodiscard]] std::uint8_t traffic_class() const {
        return is_ipv6 ? static_cast<std::uint8_t>(word_at(ip, 0) >> 4) : ip[1];
    }
    [[nodiscard]] std::uint32_t flow_label() const {
        return is_ipv6 ? load<Be32>(ip.data()).to_host() & 0xfffffU : 0;
    }
    [[nodiscard]] std::uint8_t hop_limit() const { return ip[is_ipv6 ? 7 : 8]; }
    [[nodiscard]] Endpoint source() const {
        return {address_at(is_ipv6 ? 8 : 12), {word_at(udp, 0)}};
    }
    [[nodiscard]] Endpoint destination() const {
        return {address_at(is_ipv6 ? 24 : 16), {word_at(udp, 2)}};
    }
    [[nodiscard]] std::uint16_t udp_checksum() const { return word_at(udp, 6); }
    // 0xffff: right.
    [[nodiscard]] std::uint16_t udp_sum() const {
        const ByteView addresses = is_ipv6 ? ip.subspan(8, 32) : ip.subspan(12, 8);
        const std::uint32_t pseudo = std::uint32_t{plain_sum(addresses)} + 17U + udp_length;
        return plain_sum(udp.first(udp_length), pseudo);
    }

    ByteView bytes;
    bool is_ipv6;
    ByteView ip;
    ByteView udp;
    std::uint16_t udp_length;
    ByteView ntm;

  private:
    [[nodiscard]] IpAddress address_at(std::size_t at) const {
        return *IpAddress::from_bytes(ip.subspan(at, is_ipv6 ? 16 : 4));
    }
};

}  // namespace ntm::malformed
