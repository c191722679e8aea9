// SPDX-License-Identifier: BSD-3-Clause
// Prints what an RS-N exports of a block and a session of each family, begun and ended, and of each kind of
// shortage: a message a line, in hexadecimal digits.
#include "control/nat_records/ipfix.hpp"

#include <cstdio>
#include <memory>
#include <vector>

namespace {

using namespace ntm;
using namespace ntm::control;

using What = decltype(NatRecord::what);

const std::vector<What>& things() {
    static const auto at = [](const char* text) {
        return *Endpoint::parse(text);
    };
    static const std::vector<What> all{
        PublicBlock{at("198.51.100.20:1").address, 32768, 33023},
        PublicBlock{at("[2001:db8:1::20]:1").address, 40960, 41215},
        NatSession{6, at("198.18.0.1:5000"), at("198.51.100.20:32770"), at("203.0.113.80:443")},
        NatSession{
            17,
            at("[fd00:6e74:6d::1]:5001"),
            at("[2001:db8:1::20]:40961"),
            at("[2001:db8:2::80]:53")}};
    return all;
}

const std::vector<Shortage>& shortages() {
    static const IpAddress address4 = *IpAddress::parse("198.51.100.20");
    static const IpAddress address6 = *IpAddress::parse("2001:db8:1::20");
    static const std::vector<Shortage> all{
        {napt::Scarce::subscriber_ports, Family::ipv4, 1024, {}, 0},
        {napt::Scarce::subscriber_sessions, Family::ipv6, 8192, {}, 0},
        {napt::Scarce::address_ports, Family::ipv4, 0, address4, 17},
        {napt::Scarce::address_ports, Family::ipv6, 0, address6, 6},
        {napt::Scarce::addresses, Family::ipv4, 0, {}, 0},
        {napt::Scarce::mappings, Family::ipv4, 4096, {}, 0},
        {napt::Scarce::sessions, Family::ipv4, 65536, {}, 0},
        {napt::Scarce::subscribers, Family::ipv4, 4096, {}, 0},
        {napt::Scarce::fragments, Family::ipv4, 2048, {}, 0}};
    return all;
}

Tenant tenant() {
    Tenant made;
    made.fqdn = "mn1.example.test";
    made.vipv4 = IpAddress::parse("198.18.0.1")->ipv4();
    made.vipv6 = IpAddress::parse("fd00:6e74:6d::1")->ipv6();
    return made;
}

}  // namespace

int main() {
    const WallTime at = *WallTime::parse("2026-11-30T10:00:00.25Z");
    const auto who = std::make_shared<const Tenant>(tenant());
    IpfixExporter exporter{{.domain = 9}};
    for (const What& what : things()) {
        for (const Change change : {Change::begins, Change::ends}) {
            exporter.add({at, change, std::nullopt, who, what});
        }
    }
    for (const Shortage& shortage : shortages()) {
        exporter.add({at, Change::begins, std::nullopt, who, shortage});
    }
    for (const IpfixMessage& message : exporter.take(Instant{}, at)) {
        std::printf("%s\n", to_hex(message.bytes).c_str());
    }
    return 0;
}
