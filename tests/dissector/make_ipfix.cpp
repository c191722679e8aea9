// SPDX-License-Identifier: BSD-3-Clause
// Prints what an RS-N exports of a block and a session of each family, begun and ended: a message a line,
// in hexadecimal digits.
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

Tenant tenant() {
    Tenant made;
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
    for (const IpfixMessage& message : exporter.take(Instant{}, at)) {
        std::printf("%s\n", to_hex(message.bytes).c_str());
    }
    return 0;
}
