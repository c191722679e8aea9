// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/translate.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"

#include <algorithm>
#include <bit>

namespace ntm::napt {

namespace {

constexpr std::uint64_t low_half = 0xffff'ffff;

// Sums of words that were taken away and put in their place.
struct Change {
    WordSum removed = 0;
    WordSum added = 0;

    void operator+=(const Change& other) noexcept {
        removed += other.removed;
        added += other.added;
    }
    [[nodiscard]] std::uint16_t delta() const noexcept { return checksum_delta(removed, added); }
};

// A word of 16 or 32 bits as it lies in the packet.
template <typename Word>
Change replace(std::uint8_t* at, Word with) noexcept {
    const Change change{load<Word>(at), with};
    store(at, with);
    return change;
}

Change replace_ipv6(std::uint8_t* at, const PaddedAddress& with) noexcept {
    Change change;
    for (const std::uint64_t word : {with.first, with.second}) {
        const auto old = load<std::uint64_t>(at);
        change.removed += (old & low_half) + (old >> 32);
        change.added += (word & low_half) + (word >> 32);
        store(at, word);
        at += sizeof word;
    }
    return change;
}

Change replace_addresses(const Headers& headers, std::uint8_t* ip, const Ends& to) noexcept {
    if (headers.family == Family::ipv6) {
        Change change = replace_ipv6(ip + 8, to.source);
        change += replace_ipv6(ip + 24, to.destination);
        return change;
    }
    Change change = replace(ip + 12, to.source.ipv4_word());
    change += replace(ip + 16, to.destination.ipv4_word());
    return change;
}

Change replace_ports(Kind kind, std::uint8_t* upper, const Ends& to) noexcept {
    const std::uint16_t source = Be16::from_host(to.source_port).raw();
    const std::uint16_t destination = Be16::from_host(to.destination_port).raw();
    if (kind == Kind::echo_request) {
        return replace(upper + 4, source);
    }
    if (kind == Kind::echo_reply) {
        return replace(upper + 4, destination);
    }
    Change change = replace(upper, source);
    change += replace(upper + 2, destination);
    return change;
}

// Where the checksum stands behind the beginning of what has it.
std::size_t checksum_at(Kind kind) noexcept {
    constexpr std::size_t of_udp = 6;
    constexpr std::size_t of_tcp = 16;
    constexpr std::size_t of_icmp = 2;
    return kind == Kind::udp ? of_udp : kind == Kind::tcp ? of_tcp : of_icmp;
}

// Damaged or not, it stays so.
Change repair(Kind kind, std::uint8_t* checksum, std::uint16_t delta) noexcept {
    const auto old = load<std::uint16_t>(checksum);
    if (kind != Kind::udp) {
        return replace(checksum, update_checksum(old, delta));
    }
    return old == 0 ? Change{} : replace(checksum, update_udp_checksum(old, delta));
}

// The checksum of nothing but zeros is all ones (RFC 1071), to which no update leads (RFC 1624). An echo
// reply of IPv4 alone may be that.
Change repair_zeros(std::uint8_t* reply, std::size_t length) noexcept {
    const bool is_zero =
        std::all_of(reply, reply + length, [](std::uint8_t byte) { return byte == 0; });
    return is_zero ? replace(reply + checksum_at(Kind::echo_reply), std::uint16_t{0xffff})
                   : Change{};
}

Change repair_ip_header(std::uint8_t* ip, const Change& addresses) noexcept {
    const auto old = load<std::uint16_t>(ip + 10);
    return replace(ip + 10, update_checksum(old, addresses.delta()));
}

// All that changes from the IP header on.
Change replace_ends(const InnerPacket& packet, const Headers& headers, const Ends& to) noexcept {
    std::uint8_t* ip = packet.at(headers.ip_at);
    std::uint8_t* upper = packet.at(headers.upper_at);
    const Change addresses = replace_addresses(headers, ip, to);
    Change whole = addresses;
    if (headers.family == Family::ipv4) {
        whole += repair_ip_header(ip, addresses);
    }
    const Change ports = replace_ports(headers.kind, upper, to);
    whole += ports;
    // ICMP of IPv4 has no pseudo header.
    const bool has_addresses =
        protocol_of(headers.kind) != Protocol::icmp || headers.family == Family::ipv6;
    Change covered = ports;
    if (has_addresses) {
        covered += addresses;
    }
    const std::size_t checksum = checksum_at(headers.kind);
    if (headers.upper_at + checksum + 2 <= headers.end) {
        whole += repair(headers.kind, upper + checksum, covered.delta());
        if (headers.kind == Kind::echo_reply) {
            whole += repair_zeros(upper, std::size_t{headers.end} - headers.upper_at);
        }
    }
    return whole;
}

}  // namespace

void translate(const InnerPacket& packet, const Ends& to) noexcept {
    replace_ends(packet, packet.headers(), to);
}

void translate_error(const InnerPacket& packet, const Ends& to, const Ends& quoted) noexcept {
    const Headers& headers = packet.headers();
    std::uint8_t* ip = packet.at(headers.ip_at);
    Change covered = replace_ends(packet, packet.quote(), quoted);
    const Change addresses = replace_addresses(headers, ip, to);
    if (headers.family == Family::ipv4) {
        repair_ip_header(ip, addresses);
    } else {
        covered += addresses;
    }
    const std::size_t checksum = headers.upper_at + checksum_at(Kind::icmp_error);
    repair(Kind::icmp_error, packet.at(checksum), covered.delta());
}

void clamp_mss(const InnerPacket& packet, std::uint16_t most) noexcept {
    if (packet.mss_at() == 0) {
        return;
    }
    std::uint8_t* value = packet.at(packet.mss_at());
    if (load<Be16>(value).to_host() <= most) {
        return;
    }
    const Change change = replace(value, Be16::from_host(most).raw());
    // Behind an odd number of bytes of options it lies across two words: each byte counts as if it
    // stood at the other's place.
    const std::size_t tcp_at = packet.headers().upper_at;
    const int turn = (packet.mss_at() - tcp_at) % 2 == 0 ? 0 : 8;
    const auto delta = std::rotl(change.delta(), turn);
    repair(Kind::tcp, packet.at(tcp_at + checksum_at(Kind::tcp)), delta);
}

}  // namespace ntm::napt
