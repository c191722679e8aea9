// SPDX-License-Identifier: BSD-3-Clause
// What the tests of the stages share: a relay with two ports and both families, and four nodes.
//
//      mn4 192.0.2.10:4000     --+                  +-- cn4 203.0.113.30:5000
//                                +-- port 0  rs  port 1
//      mn6 2001:db8:a::10:4000 --+                  +-- cn6 2001:db8:b::30:5000
//                    rs: 198.51.100.20, 2001:db8:1::20, NTM port 9770
#pragma once

#include "common/packet/burst.hpp"
#include "common/packet/packet_builder.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

#include <vector>

namespace ntm::relay::testing {

inline IpAddress address(std::string_view text) {
    return IpAddress::parse(text).value();
}
inline Endpoint endpoint(std::string_view text) {
    return Endpoint::parse(text).value();
}

inline constexpr PathId path{0x0102030405060708};
inline constexpr MacAddress rs_mac0{{0x02, 0, 0, 0, 0, 0x02}};
inline constexpr MacAddress rs_mac1{{0x02, 0, 0, 0, 0, 0x03}};
inline constexpr MacAddress router0{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr MacAddress router1{{0x02, 0, 0, 0, 0, 0x04}};

inline const Endpoint mn4 = endpoint("192.0.2.10:4000");
inline const Endpoint mn6 = endpoint("[2001:db8:a::10]:4000");
inline const Endpoint cn4 = endpoint("203.0.113.30:5000");
inline const Endpoint cn6 = endpoint("[2001:db8:b::30]:5000");
inline const Endpoint rs4 = endpoint("198.51.100.20:9770");
inline const Endpoint rs6 = endpoint("[2001:db8:1::20]:9770");

inline std::vector<IpAddress> own_list() {
    return {rs4.address, rs6.address};
}

inline Settings settings() {
    Settings made;
    made.boot_id = {0x1122334455667788};
    made.own = tables::OwnAddresses{own_list()};
    made.ports = {{rs_mac0}, {rs_mac1}};
    made.next_hops = {{{router0, rs_mac0}, 0, 1500, true}, {{router1, rs_mac1}, 1, 1500, true}};
    made.sessions = SessionSet{{SessionId{42}}};
    return made;
}

// The initiator's leg leaves by next hop 0, the responder's by 1.
inline tables::RelayPath bound_path(const Endpoint& mn, const Endpoint& cn) {
    const auto local_to = [](const Endpoint& remote) {
        return remote.address.is_ipv4() ? rs4 : rs6;
    };
    return {path, {{{true, mn, local_to(mn), {}, {}, 0}, {true, cn, local_to(cn), {}, {}, 1}}}};
}

// A DATA packet from a node to the relay.
inline PacketBuilder data_from(const Endpoint& node, Role role = Role::initiator) {
    const Endpoint& rs = node.address.is_ipv4() ? rs4 : rs6;
    return eth()
        .ip(node.address, rs.address)
        .udp(node.port.number, rs.port.number)
        .ntm(path, 0, static_cast<std::uint8_t>(role))
        .payload_of(40);
}

// One frame in a buffer with room on both sides, seen as a packet. Must not be copied or moved.
class FramedPacket {
  public:
    explicit FramedPacket(const Bytes& frame, std::uint16_t headroom = 128)
        : buffer_(headroom + frame.size() + 128) {
        std::copy(frame.begin(), frame.end(), buffer_.begin() + headroom);
        packet.begin = buffer_.data() + headroom;
        packet.length = static_cast<std::uint16_t>(frame.size());
        packet.headroom = headroom;
        packet.capacity = static_cast<std::uint16_t>(packet.headroom + packet.length + 128);
    }
    FramedPacket(const FramedPacket&) = delete;
    FramedPacket& operator=(const FramedPacket&) = delete;

    [[nodiscard]] Bytes bytes() const { return {packet.begin, packet.begin + packet.length}; }
    Packet packet{};

  private:
    Bytes buffer_;
};

}  // namespace ntm::relay::testing
