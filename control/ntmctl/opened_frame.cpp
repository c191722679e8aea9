// SPDX-License-Identifier: BSD-3-Clause
#include "control/ntmctl/opened_frame.hpp"

#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/udp.hpp"

#include <algorithm>
#include <optional>

namespace ntm::control {

namespace {

// DLT_ numbers as files have them.
constexpr int link_ethernet = 1;
constexpr int link_raw_as_read = 12;  // libpcap's number for LINKTYPE_RAW
constexpr int link_raw = 101;
constexpr int link_cooked = 113;
constexpr int link_ipv4 = 228;
constexpr int link_ipv6 = 229;
constexpr int link_cooked_2 = 276;

constexpr std::size_t vlan_tag_size = 4;

bool is_ethertype_of_ip(std::uint16_t type) noexcept {
    return type == ethertype::ipv4 || type == ethertype::ipv6;
}

// What stands behind a link header of this size, if the ethertype at `type_at` says that it is IP.
std::optional<std::size_t> behind(
    ByteView frame, std::size_t header_size, std::size_t type_at
) noexcept {
    if (frame.size() < header_size || frame.size() < type_at + 2) {
        return std::nullopt;
    }
    const std::uint16_t type = load<Be16>(frame.data() + type_at).to_host();
    return is_ethertype_of_ip(type) ? std::optional{header_size} : std::nullopt;
}

std::optional<std::size_t> behind_ethernet(ByteView frame) noexcept {
    std::size_t at = EthernetView::size;
    while (frame.size() >= at) {
        const std::uint16_t type = load<Be16>(frame.data() + at - 2).to_host();
        if (type != ethertype::vlan && type != ethertype::service_vlan) {
            return behind(frame, at, at - 2);
        }
        at += vlan_tag_size;
    }
    return std::nullopt;
}

// Where the IP packet begins.
std::optional<std::size_t> ip_at(ByteView frame, int link_type) noexcept {
    switch (link_type) {
        case link_ethernet:
            return behind_ethernet(frame);
        case link_cooked:
            return behind(frame, 16, 14);
        case link_cooked_2:
            return behind(frame, 20, 0);
        default:
            return 0;
    }
}

// The IP packet's payload if it is a whole UDP datagram.
std::optional<ByteView> udp_in(ByteView ip) noexcept {
    if (!ip.empty() && ip[0] >> 4 == 6) {
        const auto view = Ipv6View::parse(ip);
        return view && view->next_header() == ip_protocol::udp ? std::optional{view->payload()}
                                                               : std::nullopt;
    }
    const auto view = Ipv4View::parse(ip);
    const bool is_datagram = view && view->protocol() == ip_protocol::udp && !view->is_fragment();
    return is_datagram ? std::optional{view->payload()} : std::nullopt;
}

void count(protocol::CaptureError error, ByteView datagram, CaptureCounts& counts) {
    using protocol::CaptureError;
    switch (error) {
        case CaptureError::no_key:
            ++counts.no_key;
            break;
        case CaptureError::bad_tag:
            ++counts.bad_tag;
            break;
        case CaptureError::not_sealed: {
            const auto type = static_cast<protocol::PacketType>(datagram[0] & 0x0f);
            ++(type == protocol::PacketType::cookie ? counts.cookie : counts.handshake);
            break;
        }
        case CaptureError::malformed:
            ++counts.malformed;
            break;
        case CaptureError::looks_opened:
            ++counts.looks_opened;
            break;
    }
}

// Puts the opened packet in the place of the datagram's payload, under a checksum that fits.
void replace_payload(MutableByteView datagram, ByteView opened) {
    const MutableByteView payload = datagram.subspan(UdpView::size);
    const auto checksum = load<std::uint16_t>(datagram.data() + 6);
    if (checksum != 0) {
        const std::uint16_t delta = checksum_delta(sum_words(payload), sum_words(opened));
        store(datagram.data() + 6, update_udp_checksum(checksum, delta));
    }
    std::ranges::copy(opened, payload.begin());
}

}  // namespace

bool is_known_link_type(int link_type) noexcept {
    constexpr std::array known{
        link_ethernet,
        link_raw_as_read,
        link_raw,
        link_cooked,
        link_ipv4,
        link_ipv6,
        link_cooked_2};
    return std::ranges::find(known, link_type) != known.end();
}

FrameFate open_frame(
    const CapturedFrame& frame, Port port, const protocol::CaptureKeys& keys, CaptureCounts& counts
) {
    ++counts.packets;
    const auto at = ip_at(frame.bytes, frame.link_type);
    const auto datagram = at ? udp_in(ByteView{frame.bytes}.subspan(*at)) : std::nullopt;
    const auto udp = datagram ? UdpView::parse(*datagram) : Unexpected{DropReason::bad_udp_length};
    if (!udp) {
        ++(frame.is_whole ? counts.not_ntm : counts.cut_short);
        return FrameFate::kept;
    }
    if (udp->source() != port && udp->destination() != port) {
        ++counts.not_ntm;
        return FrameFate::kept;
    }
    const auto opened = keys.open(udp->payload());
    if (!opened) {
        count(opened.error(), udp->payload(), counts);
        const bool is_left_out = opened.error() == protocol::CaptureError::looks_opened;
        return is_left_out ? FrameFate::left_out : FrameFate::kept;
    }
    ++counts.opened[udp->payload()[0] & 0x0f];
    const auto offset = static_cast<std::size_t>(datagram->data() - frame.bytes.data());
    replace_payload(frame.bytes.subspan(offset, datagram->size()), *opened);
    return FrameFate::kept;
}

}  // namespace ntm::control
