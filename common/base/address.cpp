// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/address.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include <arpa/inet.h>

namespace ntm {

namespace {

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) {
        return std::nullopt;
    }
    return value;
}

// Splits "ADDRESS/LENGTH".
std::optional<InterfaceAddress> parse_with_length(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const auto length = parse_number(text.substr(slash + 1), address->is_ipv4() ? 32 : 128);
    if (!length) {
        return std::nullopt;
    }
    return InterfaceAddress{*address, static_cast<std::uint8_t>(*length)};
}

// Whether the first `length` bits are equal; both have at least that many.
bool same_bits(ByteView a, ByteView b, std::size_t length) noexcept {
    const std::size_t whole = length / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
        return false;
    }
    const auto rest = static_cast<unsigned>(length % 8);
    if (rest == 0) {
        return true;
    }
    const unsigned mask = 0xffU << (8 - rest);
    return ((static_cast<unsigned>(a[whole]) ^ b[whole]) & mask & 0xffU) == 0;
}

std::string address_with_length(const IpAddress& address, std::uint8_t length) {
    return address.text() + "/" + std::to_string(length);
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated{text};
    if (terminated.size() != std::char_traits<char>::length(terminated.c_str())) {
        return std::nullopt;
    }
    Ipv4Address ipv4;
    if (inet_pton(AF_INET, terminated.c_str(), ipv4.bytes.data()) == 1) {
        return IpAddress{ipv4};
    }
    Ipv6Address ipv6;
    if (inet_pton(AF_INET6, terminated.c_str(), ipv6.bytes.data()) == 1) {
        return IpAddress{ipv6};
    }
    return std::nullopt;
}

std::optional<IpAddress> IpAddress::from_bytes(ByteView bytes) noexcept {
    if (bytes.size() == 4) {
        return IpAddress{load<Ipv4Address>(bytes.data())};
    }
    if (bytes.size() == 16) {
        return IpAddress{load<Ipv6Address>(bytes.data())};
    }
    return std::nullopt;
}

Ipv4Address IpAddress::ipv4() const noexcept {
    return load<Ipv4Address>(bytes_.data());
}

Ipv6Address IpAddress::ipv6() const noexcept {
    return load<Ipv6Address>(bytes_.data());
}

bool IpAddress::is_unspecified() const noexcept {
    return std::ranges::all_of(bytes_, [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const noexcept {
    if (is_ipv4()) {
        return bytes_[0] == 127;
    }
    constexpr Ipv6Address loopback{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    return bytes_ == loopback.bytes;
}

bool IpAddress::is_multicast() const noexcept {
    if (is_ipv6()) {
        return bytes_[0] == 0xff;
    }
    return (bytes_[0] & 0xf0) == 0xe0 || ipv4().to_host() == 0xffffffffU;
}

bool IpAddress::is_link_local() const noexcept {
    if (is_ipv4()) {
        return bytes_[0] == 169 && bytes_[1] == 254;
    }
    return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_private() const noexcept {
    if (is_ipv6()) {
        return (bytes_[0] & 0xfe) == 0xfc;
    }
    return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||
           (bytes_[0] == 192 && bytes_[1] == 168) || (bytes_[0] == 100 && (bytes_[1] & 0xc0) == 64);
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(is_ipv4() ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const bool is_bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = IpAddress::parse(host);
    const auto port = parse_number(text.substr(colon + 1), 65535);
    if (!address || !port || is_bracketed != address->is_ipv6()) {
        return std::nullopt;
    }
    return Endpoint{*address, Port{static_cast<std::uint16_t>(*port)}};
}

std::string Endpoint::text() const {
    const std::string host = address.is_ipv6() ? "[" + address.text() + "]" : address.text();
    return host + ":" + std::to_string(port.number);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto parsed = parse_with_length(text);
    if (!parsed) {
        return std::nullopt;
    }
    const ByteView bytes = parsed->address.bytes();
    for (std::size_t bit = parsed->prefix_length; bit < bytes.size() * 8; ++bit) {
        if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
            return std::nullopt;
        }
    }
    return Prefix{parsed->address, parsed->prefix_length};
}

bool Prefix::contains(const IpAddress& other) const noexcept {
    return address.family() == other.family() && same_bits(address.bytes(), other.bytes(), length);
}

bool Prefix::overlaps(const Prefix& other) const noexcept {
    return address.family() == other.address.family() &&
           same_bits(address.bytes(), other.address.bytes(), std::min(length, other.length));
}

bool is_in_any(const std::vector<Prefix>& blocks, const IpAddress& address) noexcept {
    return std::ranges::any_of(blocks, [&](const Prefix& block) {
        return block.contains(address);
    });
}

std::string Prefix::text() const {
    return address_with_length(address, length);
}

std::optional<InterfaceAddress> InterfaceAddress::parse(std::string_view text) {
    return parse_with_length(text);
}

std::string InterfaceAddress::text() const {
    return address_with_length(address, prefix_length);
}

std::string MacAddress::text() const {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += (text.empty() ? "" : ":") + to_hex(ByteView{&byte, 1});
    }
    return text;
}

std::size_t hash_of(const IpAddress& address) noexcept {
    const auto& bytes = address.padded();
    const auto high = load<std::uint64_t>(bytes.data());
    const auto low = load<std::uint64_t>(bytes.data() + 8);
    const std::uint64_t mixed =
        (high ^ (low * 0x9e3779b97f4a7c15U)) + static_cast<std::uint64_t>(address.family());
    return std::hash<std::uint64_t>{}(mixed ^ (mixed >> 29));
}

std::size_t hash_of(const Endpoint& endpoint) noexcept {
    return hash_of(endpoint.address) * 31 + endpoint.port.number;
}

}  // namespace ntm
