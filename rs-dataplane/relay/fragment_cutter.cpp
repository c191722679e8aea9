// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/fragment_cutter.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/relay/ip_fragment.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

constexpr std::size_t unit = 8;
constexpr std::uint16_t ipv4_more = 0x2000;
constexpr std::uint16_t ipv6_more = 1;

std::size_t ip_header_size(ByteView packet) noexcept {
    return packet[0] >> 4 == 6 ? Ipv6View::size : Ipv4View::smallest;
}
std::size_t fragment_headers_size(ByteView packet) noexcept {
    return packet[0] >> 4 == 6 ? Ipv6View::size + IpFragment::ipv6_header : Ipv4View::smallest;
}

}  // namespace

bool FragmentCutter::can_cut(ByteView packet, std::uint16_t most) noexcept {
    return most >= fragment_headers_size(packet) + unit;
}

FragmentCutter::FragmentCutter(
    ByteView packet, std::uint16_t most, std::uint32_t ipv6_identification
) noexcept
    : packet_{packet},
      body_{packet.subspan(ip_header_size(packet))},
      room_{(most - fragment_headers_size(packet)) / unit * unit},
      ipv6_identification_{ipv6_identification},
      is_left_whole_{packet.size() <= most} {}

bool FragmentCutter::is_ipv6() const noexcept {
    return packet_[0] >> 4 == 6;
}

std::uint16_t FragmentCutter::write_next(std::uint8_t* to) noexcept {
    if (is_left_whole_) {
        std::copy(packet_.begin(), packet_.end(), to);
        done_ = body_.size();
        return static_cast<std::uint16_t>(packet_.size());
    }
    const std::size_t carried = std::min(room_, body_.size() - done_);
    const std::size_t headers = fragment_headers_size(packet_);
    if (is_ipv6()) {
        write_ipv6_headers(to, carried);
    } else {
        write_ipv4_header(to, carried);
    }
    std::copy_n(body_.data() + done_, carried, to + headers);
    done_ += carried;
    return static_cast<std::uint16_t>(headers + carried);
}

void FragmentCutter::write_ipv4_header(std::uint8_t* ip, std::size_t carried) const noexcept {
    const bool has_more = done_ + carried < body_.size();
    std::copy_n(packet_.data(), Ipv4View::smallest, ip);
    store(ip + 2, Be16::from_host(static_cast<std::uint16_t>(Ipv4View::smallest + carried)));
    store(
        ip + 6,
        Be16::from_host(static_cast<std::uint16_t>(done_ / unit | (has_more ? ipv4_more : 0)))
    );
    store(ip + 10, std::uint16_t{0});
    store(ip + 10, checksum_of(sum_ipv4_header(ip)));
}

void FragmentCutter::write_ipv6_headers(std::uint8_t* ip, std::size_t carried) const noexcept {
    const bool has_more = done_ + carried < body_.size();
    std::uint8_t* const fragment = ip + Ipv6View::size;
    std::copy_n(packet_.data(), Ipv6View::size, ip);
    store(ip + 4, Be16::from_host(static_cast<std::uint16_t>(IpFragment::ipv6_header + carried)));
    ip[6] = ip_protocol::fragment;
    fragment[0] = packet_[6];
    fragment[1] = 0;
    store(
        fragment + 2,
        Be16::from_host(static_cast<std::uint16_t>(done_ | (has_more ? ipv6_more : 0)))
    );
    store(fragment + 4, Be32::from_host(ipv6_identification_));
}

}  // namespace ntm::relay
