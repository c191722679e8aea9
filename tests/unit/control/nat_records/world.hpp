// SPDX-License-Identifier: BSD-3-Clause
// A subscriber, times and records of him to use in tests.
#pragma once

#include "control/nat_records/nat_record.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace ntm::control::test {

inline constexpr const char* run = "1122334455667788";
inline const WallTime ten_o_clock = *WallTime::parse("2026-11-30T10:00:00Z");

inline WallTime later(int seconds) {
    return {ten_o_clock.since_epoch + std::chrono::seconds{seconds}};
}
inline Endpoint at(const std::string& text) {
    return *Endpoint::parse(text);
}
inline IpAddress ip(const std::string& text) {
    return *IpAddress::parse(text);
}

inline crypto::PublicKey key(std::uint8_t byte) {
    return *crypto::PublicKey::from_bytes(Bytes(32, byte));
}

inline Tenant tenant(std::uint32_t tenancy, const std::string& fqdn = "mn1.example.test") {
    return {tenancy, fqdn, key(1), key(2), ip("198.18.0.1").ipv4(), ip("fd00:6e74:6d::1").ipv6()};
}

using What = decltype(NatRecord::what);

inline NatRecord record(
    Change change, const What& what, WallTime when, std::optional<WallTime> since = std::nullopt
) {
    return {when, change, since, std::make_shared<const Tenant>(tenant(7)), what};
}

inline PublicBlock block4(std::uint16_t first_port = 32768) {
    return {ip("198.51.100.20"), first_port, static_cast<std::uint16_t>(first_port + 255)};
}
inline PublicBlock block6() {
    return {ip("2001:db8:1::20"), 40960, 41215};
}
inline NatSession session4() {
    return {6, at("198.18.0.1:5000"), at("198.51.100.20:32770"), at("203.0.113.80:443")};
}
inline NatSession session6() {
    return {
        17, at("[fd00:6e74:6d::1]:5001"), at("[2001:db8:1::20]:40961"), at("[2001:db8:2::80]:53")};
}

}  // namespace ntm::control::test
