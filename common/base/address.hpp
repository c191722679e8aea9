// SPDX-License-Identifier: BSD-3-Clause
// Addresses, ports and endpoints, in wire order inside. Text forms are those of inet_ntop and RFC
// 5952; an endpoint's is "192.0.2.1:9770" or "[2001:db8::1]:9770".
#pragma once

#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntm {

enum class Family : std::uint8_t { ipv4 = 4, ipv6 = 6 };

struct Ipv4Address {
    std::array<std::uint8_t, 4> bytes{};
    [[nodiscard]] static constexpr Ipv4Address from_host(std::uint32_t value) noexcept {
        return {
            {static_cast<std::uint8_t>(value >> 24),
             static_cast<std::uint8_t>(value >> 16),
             static_cast<std::uint8_t>(value >> 8),
             static_cast<std::uint8_t>(value)}};
    }
    [[nodiscard]] constexpr std::uint32_t to_host() const noexcept {
        return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
               (std::uint32_t{bytes[2]} << 8) | bytes[3];
    }
    friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;
};

struct Ipv6Address {
    std::array<std::uint8_t, 16> bytes{};
    friend auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
};

// A UDP port, in host order; 0 is "none".
struct Port {
    std::uint16_t number = 0;
    friend auto operator<=>(Port, Port) = default;
};

// One address of either family: 16 bytes, an IPv4 address first and 12 zero bytes behind it.
class IpAddress {
  public:
    constexpr IpAddress() noexcept = default;  // 0.0.0.0
    constexpr IpAddress(const Ipv4Address& address) noexcept : family_{Family::ipv4} {
        for (std::size_t i = 0; i < address.bytes.size(); ++i) {
            bytes_[i] = address.bytes[i];
        }
    }
    constexpr IpAddress(const Ipv6Address& address) noexcept
        : bytes_{address.bytes}, family_{Family::ipv6} {}

    // Nothing unless `text` is one address in its usual spelling.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
    // Nothing unless there are 4 or 16 bytes.
    [[nodiscard]] static std::optional<IpAddress> from_bytes(ByteView bytes) noexcept;

    [[nodiscard]] constexpr Family family() const noexcept { return family_; }
    [[nodiscard]] constexpr bool is_ipv4() const noexcept { return family_ == Family::ipv4; }
    [[nodiscard]] constexpr bool is_ipv6() const noexcept { return family_ == Family::ipv6; }
    // Each only for its own family.
    [[nodiscard]] Ipv4Address ipv4() const noexcept;
    [[nodiscard]] Ipv6Address ipv6() const noexcept;
    // 4 or 16 bytes.
    [[nodiscard]] ByteView bytes() const noexcept {
        return ByteView{bytes_}.first(is_ipv4() ? 4U : 16U);
    }
    // All 16, zero behind an IPv4 address.
    [[nodiscard]] const std::array<std::uint8_t, 16>& padded() const noexcept { return bytes_; }

    [[nodiscard]] bool is_unspecified() const noexcept;
    [[nodiscard]] bool is_loopback() const noexcept;
    [[nodiscard]] bool is_multicast() const noexcept;  // and 255.255.255.255
    [[nodiscard]] bool is_link_local() const noexcept;
    // RFC 1918, RFC 6598 (carrier NAT) and RFC 4193: not reachable from the Internet.
    [[nodiscard]] bool is_private() const noexcept;

    [[nodiscard]] std::string text() const;
    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
    Family family_ = Family::ipv4;
};

struct Endpoint {
    IpAddress address;
    Port port;

    // "192.0.2.1:9770" or "[2001:db8::1]:9770"; nothing for anything else.
    [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// A block of addresses. `parse` refuses bits behind the length.
struct Prefix {
    IpAddress address;
    std::uint8_t length = 0;

    [[nodiscard]] static std::optional<Prefix> parse(std::string_view text);  // "198.18.0.0/17"
    [[nodiscard]] bool contains(const IpAddress& other) const noexcept;
    [[nodiscard]] bool overlaps(const Prefix& other) const noexcept;
    [[nodiscard]] std::string text() const;
    friend auto operator<=>(const Prefix&, const Prefix&) = default;
};

[[nodiscard]] bool is_in_any(const std::vector<Prefix>& blocks, const IpAddress& address) noexcept;

// An address of an interface: an address with the length of its prefix ("198.51.100.20/24").
struct InterfaceAddress {
    IpAddress address;
    std::uint8_t prefix_length = 0;

    [[nodiscard]] static std::optional<InterfaceAddress> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    friend auto operator<=>(const InterfaceAddress&, const InterfaceAddress&) = default;
};

struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};
    [[nodiscard]] std::string text() const;  // 02:00:5e:10:00:01
    friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

[[nodiscard]] std::size_t hash_of(const IpAddress& address) noexcept;
[[nodiscard]] std::size_t hash_of(const Endpoint& endpoint) noexcept;

}  // namespace ntm

template <>
struct std::hash<ntm::IpAddress> {
    std::size_t operator()(const ntm::IpAddress& address) const noexcept {
        return ntm::hash_of(address);
    }
};
template <>
struct std::hash<ntm::Endpoint> {
    std::size_t operator()(const ntm::Endpoint& endpoint) const noexcept {
        return ntm::hash_of(endpoint);
    }
};
