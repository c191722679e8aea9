// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/client/node/made_up.hpp"

#include "common/base/byte_order.hpp"

namespace ntm::client::testing {

IpAddress ip(const std::string& text) {
    return IpAddress::parse(text).value();
}
Endpoint at(const std::string& text) {
    return Endpoint::parse(text).value();
}
RealAddress real(const std::string& text, std::uint32_t interface_index) {
    return {InterfaceAddress::parse(text).value(), interface_index, InterfaceKind::wired, true};
}
Secret32 secret(std::uint8_t fill) {
    std::array<std::uint8_t, 32> bytes;
    bytes.fill(fill);
    return Secret32{bytes};
}
Endpoint dc_v6() {
    return at("[2001:db8::10]:9770");
}
Endpoint relay_v4() {
    return at("198.51.100.20:9770");
}
Endpoint relay_v6() {
    return at("[2001:db8:1::20]:9770");
}

Bytes inner_packet(const std::string& from, const std::string& to, std::size_t payload) {
    const IpAddress source = ip(from);
    const IpAddress destination = ip(to);
    Bytes packet;
    if (source.is_ipv4()) {
        packet.assign(20 + payload, 0);
        packet[0] = 0x45;
        store(packet.data() + 2, Be16::from_host(static_cast<std::uint16_t>(packet.size())));
        packet[8] = 64;
        packet[9] = 17;
        store(packet.data() + 12, source.ipv4());
        store(packet.data() + 16, destination.ipv4());
        return packet;
    }
    packet.assign(40 + payload, 0);
    packet[0] = 0x60;
    store(packet.data() + 4, Be16::from_host(static_cast<std::uint16_t>(payload)));
    packet[6] = 17;
    packet[7] = 64;
    store(packet.data() + 8, source.ipv6());
    store(packet.data() + 24, destination.ipv6());
    return packet;
}

}  // namespace ntm::client::testing
