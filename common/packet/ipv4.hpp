// SPDX-License-Identifier: BSD-3-Clause
// IPv4 header (RFC 791).
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/drop_reason.hpp"

#include <cstdint>

namespace ntm {

namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0;
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t esp = 50;
inline constexpr std::uint8_t authentication = 51;
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t destination_options = 60;
inline constexpr std::uint8_t mobility = 135;
}  // namespace ip_protocol

// Holding a view is having checked version, header length and total length. The checksum is a
// question of its own.
class Ipv4View {
  public:
    static constexpr std::size_t smallest = 20;

    // `bytes` may go on behind the packet, as Ethernet's padding does.
    [[nodiscard]] static Result<Ipv4View, DropReason> parse(ByteView bytes) noexcept {
        if (bytes.size() < smallest) {
            return Unexpected{DropReason::truncated_ipv4};
        }
        const std::size_t header_length = std::size_t{bytes[0] & 0x0fU} * 4;
        if (bytes[0] >> 4 != 4 || header_length < smallest) {
            return Unexpected{DropReason::bad_ipv4_header};
        }
        const std::size_t length = load<Be16>(bytes.data() + 2).to_host();
        if (length < header_length || length > bytes.size()) {
            return Unexpected{DropReason::truncated_ipv4};
        }
        return Ipv4View{bytes.data()};
    }
    [[nodiscard]] std::size_t header_length() const noexcept {
        return std::size_t{at_[0] & 0x0fU} * 4;
    }
    [[nodiscard]] bool has_options() const noexcept { return at_[0] != 0x45; }
    [[nodiscard]] std::uint8_t tos() const noexcept { return at_[1]; }
    [[nodiscard]] std::uint16_t total_length() const noexcept {
        return load<Be16>(at_ + 2).to_host();
    }
    // Any but a whole packet.
    [[nodiscard]] bool is_fragment() const noexcept {
        return (load<std::uint16_t>(at_ + 6) & Be16::from_host(0x3fff).raw()) != 0;
    }
    [[nodiscard]] bool is_first_fragment() const noexcept {
        return (load<std::uint16_t>(at_ + 6) & Be16::from_host(0x1fff).raw()) == 0;
    }
    [[nodiscard]] std::uint8_t ttl() const noexcept { return at_[8]; }
    [[nodiscard]] std::uint8_t protocol() const noexcept { return at_[9]; }
    [[nodiscard]] Ipv4Address source() const noexcept { return load<Ipv4Address>(at_ + 12); }
    [[nodiscard]] Ipv4Address destination() const noexcept { return load<Ipv4Address>(at_ + 16); }
    [[nodiscard]] const std::uint8_t* source_bytes() const noexcept { return at_ + 12; }
    [[nodiscard]] const std::uint8_t* destination_bytes() const noexcept { return at_ + 16; }
    [[nodiscard]] bool has_valid_checksum() const noexcept {
        return has_options() ? fold(sum_words({at_, header_length()})) == 0xffff
                             : is_valid_ipv4_sum(at_);
    }
    [[nodiscard]] ByteView payload() const noexcept {
        return {at_ + header_length(), total_length() - header_length()};
    }

  private:
    explicit Ipv4View(const std::uint8_t* at) noexcept : at_{at} {}
    const std::uint8_t* at_;
};

}  // namespace ntm
