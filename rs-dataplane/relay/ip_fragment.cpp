// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/ip_fragment.hpp"

#include "common/base/byte_order.hpp"
#include "common/base/rate_limit.hpp"
#include "common/packet/ipv4.hpp"

namespace ntm::relay {

namespace {

using tables::PaddedAddress;

constexpr std::uint16_t unit = 8;
constexpr std::uint16_t ipv4_offset_bits = 0x1fff;
constexpr std::uint16_t ipv4_more = 0x2000;
constexpr std::uint16_t ipv6_offset_bits = 0xfff8;
constexpr std::uint16_t ipv6_more = 1;

}  // namespace

std::uint64_t FragmentedPacketKey::hash(std::uint64_t seed) const noexcept {
    std::uint64_t value = mix(seed ^ origin);
    for (const std::uint64_t word :
         {source.first, source.second, destination.first, destination.second}) {
        value = mix(value ^ word);
    }
    return mix(
        value ^ (std::uint64_t{identification} << 16 | std::uint64_t{protocol} << 8 |
                 static_cast<std::uint64_t>(family))
    );
}

bool IpFragment::is_one(ByteView packet) noexcept {
    if (packet.empty()) {
        return false;
    }
    if (packet[0] >> 4 == 6) {
        const auto ip = Ipv6View::parse(packet);
        return ip && ip->next_header() == ip_protocol::fragment;
    }
    const auto ip = Ipv4View::parse(packet);
    return ip && ip->is_fragment();
}

Result<IpFragment, DropReason> IpFragment::parse(ByteView packet, std::uint64_t origin) noexcept {
    IpFragment fragment;
    fragment.key_.origin = origin;
    fragment.packet_length_ = static_cast<std::uint16_t>(packet.size());
    DropReason reason =
        packet[0] >> 4 == 6 ? fragment.read_ipv6(packet) : fragment.read_ipv4(packet);
    if (reason == DropReason::none) {
        reason = fragment.check();
    }
    if (reason != DropReason::none) {
        return Unexpected{reason};
    }
    return fragment;
}

DropReason IpFragment::read_ipv4(ByteView packet) noexcept {
    const auto ip = Ipv4View::parse(packet);
    if (!ip) {
        return ip.error();
    }
    if (ip->has_options()) {
        return DropReason::inner_ipv4_options;
    }
    const std::uint16_t field = load<Be16>(packet.data() + 6).to_host();
    key_.family = Family::ipv4;
    key_.source = PaddedAddress::ipv4_at(ip->source_bytes());
    key_.destination = PaddedAddress::ipv4_at(ip->destination_bytes());
    key_.identification = load<Be16>(packet.data() + 4).to_host();
    key_.protocol = protocol_ = ip->protocol();
    ip_header_ = packet.first(Ipv4View::smallest);
    body_ = ip->payload();
    offset_ = static_cast<std::uint16_t>((field & ipv4_offset_bits) * unit);
    is_last_ = (field & ipv4_more) == 0;
    ecn_ = ecn_of(ip->tos());
    return DropReason::none;
}

DropReason IpFragment::read_ipv6(ByteView packet) noexcept {
    const auto ip = Ipv6View::parse(packet);
    if (!ip) {
        return ip.error();
    }
    const ByteView payload = ip->payload();
    // RFC 7112: another extension header there is none that the relay would take.
    if (payload.size() < ipv6_header || payload[0] == ip_protocol::fragment) {
        return DropReason::fragment_malformed;
    }
    const std::uint16_t field = load<Be16>(payload.data() + 2).to_host();
    key_.family = Family::ipv6;
    key_.source = PaddedAddress::ipv6_at(ip->source_bytes());
    key_.destination = PaddedAddress::ipv6_at(ip->destination_bytes());
    key_.identification = load<Be32>(payload.data() + 4).to_host();
    protocol_ = payload[0];
    ip_header_ = packet.first(Ipv6View::size);
    body_ = payload.subspan(ipv6_header);
    offset_ = static_cast<std::uint16_t>(field & ipv6_offset_bits);
    is_last_ = (field & ipv6_more) == 0;
    ecn_ = ecn_of(ip->traffic_class());
    return DropReason::none;
}

DropReason IpFragment::check() const noexcept {
    if (body_.empty() || (!is_last_ && body_.size() % unit != 0)) {
        return DropReason::fragment_malformed;
    }
    const std::size_t whole = ip_header_.size() + offset_ + body_.size();
    return whole <= longest_whole ? DropReason::none : DropReason::fragment_too_long;
}

}  // namespace ntm::relay
