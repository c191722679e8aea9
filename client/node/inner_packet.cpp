// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/inner_packet.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"

namespace ntm::client {

namespace {

constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;

std::optional<InnerPacket> parse_ipv4(ByteView bytes) noexcept {
    if (bytes.size() < ipv4_header) {
        return std::nullopt;
    }
    const std::size_t header = std::size_t{bytes[0] & 0x0fU} * 4;
    const std::size_t total = load<Be16>(bytes.data() + 2).to_host();
    if (header < ipv4_header || header > total || total != bytes.size()) {
        return std::nullopt;
    }
    return InnerPacket{
        load<Ipv4Address>(bytes.data() + 12), load<Ipv4Address>(bytes.data() + 16), bytes[1]};
}

std::optional<InnerPacket> parse_ipv6(ByteView bytes) noexcept {
    if (bytes.size() < ipv6_header) {
        return std::nullopt;
    }
    const std::size_t payload = load<Be16>(bytes.data() + 4).to_host();
    if (ipv6_header + payload != bytes.size()) {
        return std::nullopt;
    }
    const std::uint16_t first = load<Be16>(bytes.data()).to_host();
    return InnerPacket{
        load<Ipv6Address>(bytes.data() + 8),
        load<Ipv6Address>(bytes.data() + 24),
        static_cast<std::uint8_t>(first >> 4)};
}

}  // namespace

std::optional<InnerPacket> InnerPacket::parse(ByteView bytes) noexcept {
    if (bytes.empty()) {
        return std::nullopt;
    }
    switch (bytes[0] >> 4) {
        case 4:
            return parse_ipv4(bytes);
        case 6:
            return parse_ipv6(bytes);
        default:
            return std::nullopt;
    }
}

void set_ecn(Bytes& packet, Ecn ecn) noexcept {
    const auto bits = static_cast<std::uint8_t>(ecn);
    if (packet[0] >> 4 == 6) {
        packet[1] = static_cast<std::uint8_t>((packet[1] & 0xcf) | bits << 4);
        return;
    }
    const auto before = load<std::uint16_t>(packet.data());
    packet[1] = static_cast<std::uint8_t>((packet[1] & 0xfc) | bits);
    const auto after = load<std::uint16_t>(packet.data());
    const auto checksum = load<std::uint16_t>(packet.data() + 10);
    store(packet.data() + 10, update_checksum(checksum, checksum_delta(before, after)));
}

}  // namespace ntm::client
