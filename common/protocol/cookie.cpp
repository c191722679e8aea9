// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/cookie.hpp"

#include "common/protocol/ntm_header.hpp"

#include <algorithm>

namespace ntm::protocol {

namespace {

// A COOKIE of either direction, of exactly the right size and with session id zero.
bool is_cookie(ByteView datagram, bool is_answer) noexcept {
    if (datagram.size() != cookie_size) {
        return false;
    }
    const auto header = NtmHeader::parse(datagram);
    return header && header->type == PacketType::cookie && header->id == 0 &&
           header->is_answer() == is_answer;
}

Bytes start_cookie(std::uint8_t flags, std::uint64_t nonce) {
    Bytes datagram(cookie_size);
    NtmHeader header;
    header.type = PacketType::cookie;
    header.flags = flags;
    header.write(datagram.data());
    store(datagram.data() + cookie_nonce_at, Be64::from_host(nonce));
    return datagram;
}

}  // namespace

Bytes build_cookie_ask(std::uint64_t nonce) {
    return start_cookie(0, nonce);
}

std::optional<std::uint64_t> parse_cookie_ask(ByteView datagram) noexcept {
    if (!is_cookie(datagram, false)) {
        return std::nullopt;
    }
    return load<Be64>(datagram.data() + cookie_nonce_at).to_host();
}

Bytes build_cookie_answer(const CookieAnswer& answer) {
    Bytes datagram = start_cookie(NtmHeader::flag_answer, answer.nonce);
    std::uint8_t* const to = datagram.data();
    store(to + cookie_token_at, answer.token);
    store(to + cookie_boot_id_at, answer.boot_id.wire());
    // Inverted: a NAT that rewrites addresses in payloads must not find this one.
    const auto port = static_cast<std::uint16_t>(~answer.outside.port.number);
    store(to + cookie_port_at, Be16::from_host(port));
    to[cookie_family_at] = static_cast<std::uint8_t>(answer.outside.address.family());
    const ByteView address = answer.outside.address.bytes();
    std::ranges::transform(address, to + cookie_address_at, [](std::uint8_t byte) {
        return static_cast<std::uint8_t>(~byte);
    });
    return datagram;
}

std::optional<CookieAnswer> parse_cookie_answer(ByteView datagram) noexcept {
    if (!is_cookie(datagram, true)) {
        return std::nullopt;
    }
    const std::uint8_t* const from = datagram.data();
    const std::uint8_t family = from[cookie_family_at];
    if (family != 4 && family != 6) {
        return std::nullopt;
    }
    CookieAnswer answer;
    answer.nonce = load<Be64>(from + cookie_nonce_at).to_host();
    answer.token = load<crypto::Token>(from + cookie_token_at);
    answer.boot_id.value = load<Be64>(from + cookie_boot_id_at).to_host();
    const std::uint16_t port = load<Be16>(from + cookie_port_at).to_host();
    answer.outside.port.number = static_cast<std::uint16_t>(~port);
    std::array<std::uint8_t, 16> address;
    std::transform(from + cookie_address_at, from + cookie_size, address.begin(), [](auto byte) {
        return static_cast<std::uint8_t>(~byte);
    });
    const auto parsed = IpAddress::from_bytes(ByteView{address}.first(family == 4 ? 4U : 16U));
    answer.outside.address = *parsed;
    return answer;
}

}  // namespace ntm::protocol
