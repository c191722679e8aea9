// SPDX-License-Identifier: BSD-3-Clause
// Packets written with words, for tests, benchmarks and the simulation:
//     eth().ipv4("192.0.2.1", "198.51.100.20").udp(4000, 9770).ntm(path).payload(inner).build()
// Lengths and checksums are right unless a word says otherwise.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ntm {

class PacketBuilder {
  public:
    PacketBuilder& from_mac(MacAddress mac);
    PacketBuilder& to_mac(MacAddress mac);
    PacketBuilder& vlan(std::uint16_t id);
    // In place of what the IP layer says.
    PacketBuilder& ethertype(std::uint16_t type);

    // Both addresses must parse and be of the family.
    PacketBuilder& ipv4(std::string_view source, std::string_view destination);
    PacketBuilder& ipv6(std::string_view source, std::string_view destination);
    PacketBuilder& ip(const IpAddress& source, const IpAddress& destination);
    PacketBuilder& ttl(std::uint8_t hops);           // or hop limit
    PacketBuilder& traffic_class(std::uint8_t tos);  // DSCP and ECN
    PacketBuilder& flow_label(std::uint32_t label);
    PacketBuilder& identification(std::uint16_t id);
    PacketBuilder& fragment_field(std::uint16_t flags_and_offset);  // IPv4's; 0x4000 is DF
    PacketBuilder& ipv4_options(ByteView options);                  // whole words
    PacketBuilder& ipv4_checksum(std::uint16_t wrong);
    PacketBuilder& ip_length(std::uint16_t wrong);  // the field: total or payload length
    PacketBuilder& version_byte(std::uint8_t wrong);
    PacketBuilder& protocol(std::uint8_t number);  // or next header
    // One IPv6 extension header of this kind, with its bytes, before the rest.
    PacketBuilder& extension(std::uint8_t kind, ByteView bytes);

    PacketBuilder& udp(std::uint16_t source, std::uint16_t destination);
    PacketBuilder& udp_length(std::uint16_t wrong);
    PacketBuilder& udp_checksum(std::uint16_t value);

    // A header of this type, 0 DATA; see protocol::PacketType.
    PacketBuilder& ntm(PathId id, std::uint8_t type = 0, std::uint8_t flags = 0);
    PacketBuilder& counter(std::uint64_t value);
    PacketBuilder& ntm_version(std::uint8_t version);

    PacketBuilder& payload(ByteView bytes);
    PacketBuilder& payload_of(std::size_t size);  // bytes 0, 1, 2 ...
    // Bytes behind the IP packet, as Ethernet pads short frames.
    PacketBuilder& padding(std::size_t size);
    // Cuts the finished frame.
    PacketBuilder& truncate_to(std::size_t size);

    [[nodiscard]] Bytes build() const;

  private:
    struct Ntm {
        PathId id;
        std::uint8_t type = 0;
        std::uint8_t flags = 0;
        std::uint8_t version = 1;
        std::uint64_t counter = 0;
    };
    struct Udp {
        std::uint16_t source = 0;
        std::uint16_t destination = 0;
        std::optional<std::uint16_t> length;
        std::optional<std::uint16_t> checksum;
    };
    struct Ip {
        // Not by the defaults alone: in clang 14's eyes they are not complete where ip_ stands.
        Ip() noexcept;
        IpAddress source;
        IpAddress destination;
        std::uint8_t ttl = 64;
        std::uint8_t traffic_class = 0;
        std::uint32_t flow_label = 0;
        std::uint16_t identification = 0;
        std::uint16_t fragment_field = 0;
        Bytes options;
        std::optional<std::uint16_t> checksum;
        std::optional<std::uint16_t> length;
        std::optional<std::uint8_t> version_byte;
        std::optional<std::uint8_t> protocol;
        std::optional<std::uint8_t> extension_kind;
        Bytes extension;
    };
    [[nodiscard]] Bytes build_datagram() const;
    [[nodiscard]] Bytes build_udp(ByteView datagram) const;
    [[nodiscard]] Bytes build_ipv4(ByteView upper) const;
    [[nodiscard]] Bytes build_ipv6(ByteView upper) const;
    [[nodiscard]] Bytes build_ip() const;

    MacAddress from_mac_{{0x02, 0, 0, 0, 0, 0x01}};
    MacAddress to_mac_{{0x02, 0, 0, 0, 0, 0x02}};
    std::optional<std::uint16_t> vlan_;
    std::optional<std::uint16_t> ethertype_;
    std::optional<Ip> ip_;
    std::optional<Udp> udp_;
    std::optional<Ntm> ntm_;
    Bytes payload_;
    std::size_t padding_ = 0;
    std::optional<std::size_t> truncated_;
};

[[nodiscard]] inline PacketBuilder eth() {
    return {};
}

}  // namespace ntm
