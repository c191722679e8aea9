// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/rs-dataplane/relay/fragments.hpp"

#include "common/base/byte_order.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <algorithm>
#include <numeric>

namespace ntm::relay::testing {

namespace {

bool is_ipv6(const Bytes& packet) {
    return packet[0] >> 4 == 6;
}

void put16(Bytes& packet, std::size_t at, std::size_t value) {
    store(packet.data() + at, Be16::from_host(static_cast<std::uint16_t>(value)));
}

void append_slice(Bytes& to, const Bytes& from, std::size_t at, std::size_t length) {
    append(to, ByteView{from}.subspan(at, length));
}

}  // namespace

Bytes text(std::size_t size) {
    Bytes bytes(size);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{3});
    return bytes;
}

Bytes fragment_of(const Bytes& packet, const Piece& piece, std::uint32_t identification) {
    const std::size_t header = is_ipv6(packet) ? 40 : 20;
    Bytes fragment{packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header)};
    if (is_ipv6(packet)) {
        fragment[6] = 44;
        put16(fragment, 4, 8 + piece.length);
        Bytes extension(8);
        extension[0] = packet[6];
        put16(extension, 2, piece.offset | (piece.has_more ? 1U : 0U));
        store(extension.data() + 4, Be32::from_host(identification));
        append(fragment, extension);
        append_slice(fragment, packet, header + piece.offset, piece.length);
        return fragment;
    }
    put16(fragment, 2, header + piece.length);
    put16(fragment, 4, identification);
    put16(fragment, 6, piece.offset / 8 | (piece.has_more ? 0x2000U : 0U));
    napt::repair_ipv4_header(fragment);
    append_slice(fragment, packet, header + piece.offset, piece.length);
    return fragment;
}

std::vector<Bytes> fragments_of(
    const Bytes& packet, std::size_t each, std::uint32_t identification
) {
    const std::size_t body = packet.size() - (is_ipv6(packet) ? 40 : 20);
    std::vector<Bytes> fragments;
    for (std::size_t at = 0; at < body; at += each) {
        const bool has_more = at + each < body;
        fragments.push_back(
            fragment_of(packet, {at, has_more ? each : body - at, has_more}, identification)
        );
    }
    return fragments;
}

std::vector<Bytes> in_order(
    const std::vector<Bytes>& fragments, const std::vector<std::size_t>& order
) {
    std::vector<Bytes> ordered;
    ordered.reserve(order.size());
    for (const std::size_t number : order) {
        ordered.push_back(fragments.at(number));
    }
    return ordered;
}

Bytes whole_of(Bytes packet, std::uint32_t identification) {
    if (!is_ipv6(packet)) {
        put16(packet, 4, identification);
        put16(packet, 6, 0);
        napt::repair_ipv4_header(packet);
    }
    return packet;
}

Bytes joined(const std::vector<Bytes>& fragments) {
    const bool is_ipv4 = !is_ipv6(fragments.front());
    const std::size_t header = is_ipv4 ? 20 : 40;
    const std::size_t carried_at = is_ipv4 ? 20 : 48;
    Bytes packet{
        fragments.front().begin(), fragments.front().begin() + static_cast<std::ptrdiff_t>(header)};
    for (const Bytes& fragment : fragments) {
        append_slice(packet, fragment, carried_at, fragment.size() - carried_at);
    }
    put16(packet, is_ipv4 ? 2 : 4, packet.size() - (is_ipv4 ? 0 : header));
    if (is_ipv4) {
        put16(packet, 6, 0);
        napt::repair_ipv4_header(packet);
    } else {
        packet[6] = fragments.front()[40];
    }
    return packet;
}

}  // namespace ntm::relay::testing
