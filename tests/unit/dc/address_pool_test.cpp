// SPDX-License-Identifier: BSD-3-Clause
#include "dc/address_pool.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

VirtualBlocks blocks(const char* ipv4) {
    return {*Prefix::parse(ipv4), *Prefix::parse("fd00:a::/64")};
}

std::string text(const VirtualAddresses& addresses) {
    return IpAddress{addresses.ipv4}.text() + " " + IpAddress{addresses.ipv6}.text();
}

TEST(AddressPool, GivesEveryAddressOnceButNetworkAndBroadcast) {
    AddressPool pool{blocks("198.18.0.0/29"), 1};
    std::set<std::string> given;
    for (int i = 0; i < 6; ++i) {
        given.insert(text(pool.take().value()));
    }
    EXPECT_FALSE(pool.take());
    const std::set<std::string> expected{
        "198.18.0.1 fd00:a::1",
        "198.18.0.2 fd00:a::2",
        "198.18.0.3 fd00:a::3",
        "198.18.0.4 fd00:a::4",
        "198.18.0.5 fd00:a::5",
        "198.18.0.6 fd00:a::6"};
    EXPECT_EQ(given, expected);
}

TEST(AddressPool, LetsARemovedNodesAddressesRestAsLongAsPossible) {
    AddressPool pool{blocks("198.18.0.0/29"), 1};
    const auto first = pool.take().value();
    pool.give_back(first);
    EXPECT_EQ(text(pool.take().value()), "198.18.0.2 fd00:a::2");
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(pool.take());
    }
    EXPECT_EQ(pool.take().value(), first);
    EXPECT_FALSE(pool.take());
}

TEST(AddressPool, LeavesOutWhatIsKeptForOthers) {
    struct Case {
        const char* kept;
        std::set<std::string> given;
    };
    const Case cases[] = {
        {"198.18.0.0/30", {"198.18.0.4 fd00:a::4", "198.18.0.5 fd00:a::5", "198.18.0.6 fd00:a::6"}},
        {"198.18.0.4/30", {"198.18.0.1 fd00:a::1", "198.18.0.2 fd00:a::2", "198.18.0.3 fd00:a::3"}},
        {"198.18.0.2/31",
         {"198.18.0.1 fd00:a::1",
          "198.18.0.4 fd00:a::4",
          "198.18.0.5 fd00:a::5",
          "198.18.0.6 fd00:a::6"}}};
    for (const Case& each : cases) {
        AddressPool pool{blocks("198.18.0.0/29"), 2, *Prefix::parse(each.kept)};
        EXPECT_EQ(pool.capacity(), each.given.size()) << each.kept;
        std::set<std::string> given;
        while (const auto taken = pool.take()) {
            given.insert(text(*taken));
        }
        EXPECT_EQ(given, each.given) << each.kept;
    }
    AddressPool pool{blocks("198.18.0.0/29"), 1, *Prefix::parse("198.18.0.4/30")};
    EXPECT_FALSE(
        pool.adopt({IpAddress::parse("198.18.0.5")->ipv4(), IpAddress::parse("fd00:a::5")->ipv6()})
    );
}

TEST(AddressPool, GoesOnWhereTheStoreLeftOff) {
    AddressPool pool{blocks("198.18.0.0/17"), 4711};
    EXPECT_TRUE(pool.adopt(
        {Ipv4Address::from_host(0xc6121267),  // 198.18.18.103: number 4711
         IpAddress::parse("fd00:a::1267")->ipv6()}
    ));
    EXPECT_EQ(text(pool.take().value()), "198.18.18.104 fd00:a::1268");
    EXPECT_EQ(pool.next_number(), 4713U);
}

TEST(AddressPool, RefusesToAdoptWhatItCouldNotHaveGiven) {
    AddressPool pool{blocks("198.18.0.0/29"), 1};
    const auto ipv6 = [](const char* address) {
        return IpAddress::parse(address)->ipv6();
    };
    const auto ipv4 = [](const char* address) {
        return IpAddress::parse(address)->ipv4();
    };
    EXPECT_TRUE(pool.adopt({ipv4("198.18.0.3"), ipv6("fd00:a::3")}));
    EXPECT_FALSE(pool.adopt({ipv4("198.18.0.3"), ipv6("fd00:a::3")})) << "twice";
    EXPECT_FALSE(pool.adopt({ipv4("198.18.0.4"), ipv6("fd00:a::5")})) << "not a pair";
    EXPECT_FALSE(pool.adopt({ipv4("198.18.0.0"), ipv6("fd00:a::")})) << "network";
    EXPECT_FALSE(pool.adopt({ipv4("198.18.0.7"), ipv6("fd00:a::7")})) << "broadcast";
    EXPECT_FALSE(pool.adopt({ipv4("198.18.0.9"), ipv6("fd00:a::9")})) << "behind the block";
    EXPECT_FALSE(pool.adopt({ipv4("10.0.0.1"), ipv6("fd00:a::1")})) << "before the block";
    EXPECT_FALSE(pool.adopt({ipv4("198.18.0.1"), ipv6("fd00:b::1")})) << "another block";
}

}  // namespace
}  // namespace ntm::dc
