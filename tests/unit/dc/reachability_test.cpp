// SPDX-License-Identifier: BSD-3-Clause
#include "dc/reachability.hpp"

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

NodeRecord node(const char* outside, const std::vector<const char*>& addresses) {
    NodeRecord record;
    record.outside = Endpoint::parse(outside);
    record.port = Port{9770};
    for (const char* address : addresses) {
        record.addresses.push_back(InterfaceAddress::parse(address).value());
    }
    return record;
}

TEST(Reachability, IsGlobalWhereTheOutsideIsAnAddressAndPortOfItsOwn) {
    const auto found = find_reachability(node("192.0.2.1:9770", {"192.0.2.1/24"}));
    EXPECT_EQ(found.ipv4, Finding::global);
    EXPECT_EQ(found.ipv6, Finding::none);
    EXPECT_EQ(found.outside, IpAddress::parse("192.0.2.1"));
}

TEST(Reachability, IsBehindANatWhereAddressOrPortDiffer) {
    EXPECT_EQ(find_reachability(node("192.0.2.1:9770", {"10.0.0.2/24"})).ipv4, Finding::behind_nat);
    EXPECT_EQ(
        find_reachability(node("192.0.2.1:40000", {"192.0.2.1/24"})).ipv4, Finding::behind_nat
    );
    const auto ipv6 = node("[2001:db8::1]:9770", {"2001:db8::2/64"});
    EXPECT_EQ(find_reachability(ipv6).ipv6, Finding::behind_nat);
}

TEST(Reachability, JudgesTheFamilyThatTheDcDoesNotSeeByItsAddresses) {
    const auto seen_by_ipv6 = [](const char* ipv4) {
        return find_reachability(node("[2001:db8::1]:9770", {"2001:db8::1/64", ipv4}));
    };
    EXPECT_EQ(seen_by_ipv6("10.0.0.2/24").ipv4, Finding::behind_nat);
    EXPECT_EQ(seen_by_ipv6("100.64.0.2/24").ipv4, Finding::behind_nat);
    EXPECT_EQ(seen_by_ipv6("192.0.2.1/24").ipv4, Finding::global);
    EXPECT_EQ(seen_by_ipv6("10.0.0.2/24").ipv6, Finding::global);
    const auto with_unique_local = node("192.0.2.1:9770", {"192.0.2.1/24", "fd00::1/64"});
    EXPECT_EQ(find_reachability(with_unique_local).ipv6, Finding::none);
}

TEST(Reachability, NamesThePreferredFamilyFirstTheOutsideBeforeOwnAndNoPrivateAddress) {
    const auto behind = node("192.0.2.1:40000", {"10.0.0.2/24", "2001:db8::1/64"});
    const auto proven = Endpoint::parse("192.0.2.1:40000");
    const Candidate ipv4{*proven, true};
    const Candidate ipv6{*Endpoint::parse("[2001:db8::1]:9770"), false};
    using Candidates = std::vector<Candidate>;
    EXPECT_EQ(find_candidates(behind, Family::ipv4, proven), (Candidates{ipv4, ipv6}));
    EXPECT_EQ(find_candidates(behind, Family::ipv6, proven), (Candidates{ipv6, ipv4}));
    const auto alone = node("192.0.2.1:40000", {"10.0.0.2/24"});
    EXPECT_EQ(find_candidates(alone, Family::ipv6, proven), Candidates{ipv4});
}

TEST(Reachability, LeavesRoomForTwoOfTheOtherFamily) {
    const auto named = [](const std::vector<const char*>& addresses) {
        std::string text;
        const NodeRecord many = node("192.0.2.1:9770", addresses);
        for (const Candidate& at : find_candidates(many, Family::ipv4, std::nullopt)) {
            text += at.endpoint.address.text() + " ";
        }
        return text;
    };
    const char* const a = "192.0.2.1/24";
    const char* const b = "192.0.2.2/24";
    const char* const c = "192.0.2.3/24";
    const char* const x = "2001:db8::1/64";
    const char* const y = "2001:db8::2/64";
    const char* const z = "2001:db8::3/64";
    EXPECT_EQ(named({x, y, z, a, b, c}), "192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2 ");
    EXPECT_EQ(named({x, a, b, c}), "192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::1 ");
    EXPECT_EQ(named({x, y, z, a}), "192.0.2.1 2001:db8::1 2001:db8::2 2001:db8::3 ");
}

TEST(Reachability, NamesAnAddressOnceAndAtMostFour) {
    const auto many = node(
        "192.0.2.1:9770",
        {"192.0.2.1/24", "192.0.2.2/24", "192.0.2.3/24", "192.0.2.4/24", "192.0.2.5/24"}
    );
    const auto found = find_candidates(many, Family::ipv4, std::nullopt);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].endpoint.text(), "192.0.2.1:9770");
    EXPECT_FALSE(found[0].is_proven);
    EXPECT_EQ(found[1].endpoint.text(), "192.0.2.2:9770");
}

}  // namespace
}  // namespace ntm::dc
