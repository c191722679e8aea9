// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/packet_builder.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"

#include <cstdlib>

namespace ntm {

namespace {

IpAddress parse_or_die(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (!address) {
        std::abort();
    }
    return *address;
}

template <typename T>
void append_value(Bytes& to, const T& value) {
    for (const std::uint8_t byte : std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(value)) {
        to.push_back(byte);
    }
}

void append_be16(Bytes& to, std::size_t value) {
    append_value(to, Be16::from_host(static_cast<std::uint16_t>(value)));
}

}  // namespace

PacketBuilder::Ip::Ip() noexcept = default;

PacketBuilder& PacketBuilder::from_mac(MacAddress mac) {
    from_mac_ = mac;
    return *this;
}

PacketBuilder& PacketBuilder::to_mac(MacAddress mac) {
    to_mac_ = mac;
    return *this;
}

PacketBuilder& PacketBuilder::vlan(std::uint16_t id) {
    vlan_ = id;
    return *this;
}

PacketBuilder& PacketBuilder::ethertype(std::uint16_t type) {
    ethertype_ = type;
    return *this;
}

PacketBuilder& PacketBuilder::ipv4(std::string_view source, std::string_view destination) {
    return ip(parse_or_die(source), parse_or_die(destination));
}

PacketBuilder& PacketBuilder::ipv6(std::string_view source, std::string_view destination) {
    return ip(parse_or_die(source), parse_or_die(destination));
}

PacketBuilder& PacketBuilder::ip(const IpAddress& source, const IpAddress& destination) {
    if (!ip_) {
        ip_.emplace();
    }
    ip_->source = source;
    ip_->destination = destination;
    return *this;
}

PacketBuilder& PacketBuilder::ttl(std::uint8_t hops) {
    ip_.value().ttl = hops;
    return *this;
}

PacketBuilder& PacketBuilder::traffic_class(std::uint8_t tos) {
    ip_.value().traffic_class = tos;
    return *this;
}

PacketBuilder& PacketBuilder::flow_label(std::uint32_t label) {
    ip_.value().flow_label = label;
    return *this;
}

PacketBuilder& PacketBuilder::identification(std::uint16_t id) {
    ip_.value().identification = id;
    return *this;
}

PacketBuilder& PacketBuilder::fragment_field(std::uint16_t flags_and_offset) {
    ip_.value().fragment_field = flags_and_offset;
    return *this;
}

PacketBuilder& PacketBuilder::ipv4_options(ByteView options) {
    ip_.value().options.assign(options.begin(), options.end());
    return *this;
}

PacketBuilder& PacketBuilder::ipv4_checksum(std::uint16_t wrong) {
    ip_.value().checksum = wrong;
    return *this;
}

PacketBuilder& PacketBuilder::ip_length(std::uint16_t wrong) {
    ip_.value().length = wrong;
    return *this;
}

PacketBuilder& PacketBuilder::version_byte(std::uint8_t wrong) {
    ip_.value().version_byte = wrong;
    return *this;
}

PacketBuilder& PacketBuilder::protocol(std::uint8_t number) {
    ip_.value().protocol = number;
    return *this;
}

PacketBuilder& PacketBuilder::extension(std::uint8_t kind, ByteView bytes) {
    ip_.value().extension_kind = kind;
    ip_.value().extension.assign(bytes.begin(), bytes.end());
    return *this;
}

PacketBuilder& PacketBuilder::udp(std::uint16_t source, std::uint16_t destination) {
    udp_ = Udp{source, destination, {}, {}};
    return *this;
}

PacketBuilder& PacketBuilder::udp_length(std::uint16_t wrong) {
    udp_.value().length = wrong;
    return *this;
}

PacketBuilder& PacketBuilder::udp_checksum(std::uint16_t value) {
    udp_.value().checksum = value;
    return *this;
}

PacketBuilder& PacketBuilder::ntm(PathId id, std::uint8_t type, std::uint8_t flags) {
    ntm_ = Ntm{id, type, flags, 1, 0};
    return *this;
}

PacketBuilder& PacketBuilder::counter(std::uint64_t value) {
    ntm_.value().counter = value;
    return *this;
}

PacketBuilder& PacketBuilder::ntm_version(std::uint8_t version) {
    ntm_.value().version = version;
    return *this;
}

PacketBuilder& PacketBuilder::payload(ByteView bytes) {
    payload_.assign(bytes.begin(), bytes.end());
    return *this;
}

PacketBuilder& PacketBuilder::payload_of(std::size_t size) {
    payload_.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
        payload_[i] = static_cast<std::uint8_t>(i);
    }
    return *this;
}

PacketBuilder& PacketBuilder::padding(std::size_t size) {
    padding_ = size;
    return *this;
}

PacketBuilder& PacketBuilder::truncate_to(std::size_t size) {
    truncated_ = size;
    return *this;
}

Bytes PacketBuilder::build_datagram() const {
    Bytes datagram;
    if (ntm_) {
        const std::uint64_t first =
            (std::uint64_t{ntm_->version} << 60) | (std::uint64_t{ntm_->type} << 56) |
            (std::uint64_t{ntm_->flags} << 48) | (ntm_->counter & 0xffff'ffff'ffffU);
        append_value(datagram, Be64::from_host(first));
        append_value(datagram, ntm_->id.wire());
    }
    append(datagram, payload_);
    return datagram;
}

Bytes PacketBuilder::build_udp(ByteView datagram) const {
    Bytes upper;
    const std::size_t length = UdpView::size + datagram.size();
    append_be16(upper, udp_->source);
    append_be16(upper, udp_->destination);
    append_be16(upper, udp_->length.value_or(static_cast<std::uint16_t>(length)));
    append_be16(upper, 0);
    append(upper, datagram);
    if (udp_->checksum) {
        store(upper.data() + 6, Be16::from_host(*udp_->checksum));
        return upper;
    }
    const WordSum sum =
        sum_words(ip_.value().source.padded()) + sum_words(ip_.value().destination.padded()) +
        sum_pseudo_header(ip_protocol::udp, static_cast<std::uint16_t>(length)) + sum_words(upper);
    store(upper.data() + 6, udp_checksum_of(sum));
    return upper;
}

Bytes PacketBuilder::build_ipv4(ByteView upper) const {
    Bytes packet;
    const std::size_t header = Ipv4View::smallest + ip_->options.size();
    packet.push_back(ip_->version_byte.value_or(static_cast<std::uint8_t>(0x40 | header / 4)));
    packet.push_back(ip_->traffic_class);
    append_be16(packet, ip_->length.value_or(static_cast<std::uint16_t>(header + upper.size())));
    append_be16(packet, ip_->identification);
    append_be16(packet, ip_->fragment_field);
    packet.push_back(ip_->ttl);
    packet.push_back(ip_->protocol.value_or(ip_protocol::udp));
    append_be16(packet, 0);
    append(packet, ip_->source.bytes());
    append(packet, ip_->destination.bytes());
    append(packet, ip_->options);
    store(packet.data() + 10, checksum_of(sum_words(packet)));
    if (ip_->checksum) {
        store(packet.data() + 10, Be16::from_host(*ip_->checksum));
    }
    append(packet, upper);
    return packet;
}

Bytes PacketBuilder::build_ipv6(ByteView upper) const {
    Bytes packet;
    append_value(
        packet,
        Be32::from_host(0x60000000U | (std::uint32_t{ip_->traffic_class} << 20) | ip_->flow_label)
    );
    if (ip_->version_byte) {
        packet[0] = *ip_->version_byte;
    }
    const std::size_t length = ip_->extension.size() + upper.size();
    append_be16(packet, ip_->length.value_or(static_cast<std::uint16_t>(length)));
    packet.push_back(ip_->extension_kind.value_or(ip_->protocol.value_or(ip_protocol::udp)));
    packet.push_back(ip_->ttl);
    append(packet, ip_->source.bytes());
    append(packet, ip_->destination.bytes());
    append(packet, ip_->extension);
    append(packet, upper);
    return packet;
}

Bytes PacketBuilder::build_ip() const {
    Bytes datagram = build_datagram();
    if (!ip_) {
        return datagram;
    }
    const Bytes upper = udp_ ? build_udp(datagram) : datagram;
    return ip_->source.is_ipv4() ? build_ipv4(upper) : build_ipv6(upper);
}

Bytes PacketBuilder::build() const {
    Bytes frame;
    append_value(frame, to_mac_);
    append_value(frame, from_mac_);
    if (vlan_) {
        append_be16(frame, ethertype::vlan);
        append_be16(frame, *vlan_);
    }
    const bool is_ipv6 = ip_ && ip_->source.is_ipv6();
    append_be16(frame, ethertype_.value_or(is_ipv6 ? ethertype::ipv6 : ethertype::ipv4));
    append(frame, build_ip());
    frame.resize(frame.size() + padding_);
    if (truncated_ && *truncated_ < frame.size()) {
        frame.resize(*truncated_);
    }
    return frame;
}

}  // namespace ntm
