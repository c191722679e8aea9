// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/target_filter.hpp"

#include <gtest/gtest.h>

namespace ntm::relay {

namespace {

IpAddress address(const char* text) {
    return *IpAddress::parse(text);
}

const std::vector<IpAddress> hosts{address("198.51.100.20"), address("2001:db8:1::20")};

struct Case {
    const char* target;
    const char* what;
};

// S-8.
TEST(TargetFilter, RefusesSpecialRangesAndNamedHostsInEverySpelling) {
    const std::vector<Case> cases{
        {"0.0.0.0", "unspecified"},
        {"0.1.2.3", "this network"},
        {"10.0.0.1", "private"},
        {"100.64.0.1", "behind a carrier's NAT"},
        {"100.127.255.255", "the last of them"},
        {"127.0.0.1", "loopback"},
        {"127.255.0.9", "loopback"},
        {"169.254.169.254", "link-local"},
        {"172.16.0.1", "private"},
        {"172.31.255.255", "private"},
        {"192.0.0.1", "protocols"},
        {"192.88.99.1", "6to4's relays"},
        {"192.168.1.1", "private"},
        {"198.18.0.1", "a virtual address"},
        {"224.0.0.1", "multicast"},
        {"239.255.255.255", "multicast"},
        {"240.0.0.1", "reserved"},
        {"255.255.255.255", "broadcast"},
        {"198.51.100.20", "the relay's own"},
        {"::", "unspecified"},
        {"::1", "loopback"},
        {"::203.0.113.80", "IPv4-compatible"},
        {"::ffff:203.0.113.80", "IPv4-mapped"},
        {"::ffff:127.0.0.1", "loopback, mapped"},
        {"::ffff:0:203.0.113.80", "IPv4-translated"},
        {"64:ff9b::127.0.0.1", "loopback by NAT64"},
        {"64:ff9b::10.0.0.1", "private by NAT64"},
        {"64:ff9b::198.51.100.20", "the relay's own by NAT64"},
        {"64:ff9b:1::8", "NAT64 of one network"},
        {"2002:7f00:1::1", "loopback by 6to4"},
        {"2002:c0a8:101::1", "private by 6to4"},
        {"2002:c633:6414::1", "the relay's own by 6to4"},
        {"2001:db8:7::5efe:10.0.0.1", "private by ISATAP"},
        {"2001:db8:7::200:5efe:198.51.100.20", "the relay's own by ISATAP"},
        {"2001:0:c000:201::1", "Teredo"},
        {"100::1", "discarded"},
        {"5f00::1", "a segment"},
        {"fc00::1", "private"},
        {"fd00:a::1", "private"},
        {"fe80::1", "link-local"},
        {"febf::1", "link-local"},
        {"fec0::1", "site-local"},
        {"ff02::1", "multicast"},
        {"2001:db8:1::20", "the relay's own"},
    };
    for (const Case& each : cases) {
        EXPECT_FALSE(TargetFilter{hosts}.permits(address(each.target)))
            << each.target << ", " << each.what;
    }
}

TEST(TargetFilter, JudgesAnAddressByEverySpellingThatItHasAtOnce) {
    const TargetFilter filter{{address("203.0.113.10")}};
    // 6to4 of 198.51.100.1, and ISATAP of what follows.
    EXPECT_FALSE(filter.permits(address("2002:c633:6401::200:5efe:7f00:1")));
    EXPECT_FALSE(filter.permits(address("2002:c633:6401::200:5efe:cb00:710a")));
    EXPECT_TRUE(filter.permits(address("2002:c633:6401::200:5efe:cb00:710b")));
}

TEST(TargetFilter, PermitsNothingBeforeItIsMade) {
    EXPECT_FALSE(TargetFilter{}.permits(address("203.0.113.80")));
    EXPECT_FALSE(TargetFilter{}.permits(address("2001:db8:5::80")));
}

TEST(TargetFilter, PermitsNothingOfAFamilyThatIsLeftOut) {
    TargetFilter filter{{}};
    filter.leave_out(Family::ipv6);
    EXPECT_FALSE(filter.permits(address("2001:db8:5::80")));
    EXPECT_TRUE(filter.permits(address("203.0.113.80")));
}

TEST(TargetFilter, PermitsTheRestOfTheInternet) {
    for (const char* const target :
         {"1.1.1.1",
          "9.255.255.255",
          "11.0.0.0",
          "100.63.255.255",
          "100.128.0.0",
          "172.15.255.255",
          "172.32.0.0",
          "198.17.255.255",
          "198.20.0.0",
          "223.255.255.255",
          "198.51.100.21",
          "203.0.113.80",
          "2001:db8:1::21",
          "2001:4860:4860::8888",
          "2002:cb00:7150::1",
          "64:ff9b::203.0.113.80",
          "2001:db8:7::5efe:203.0.113.80"}) {
        EXPECT_TRUE(TargetFilter{hosts}.permits(address(target))) << target;
    }
}

TEST(TargetFilter, AllowedPrefixOpensItsPartOfARange) {
    const TargetFilter filter{
        hosts, {*Prefix::parse("10.1.0.0/16"), *Prefix::parse("fd00:7::/32")}};
    EXPECT_TRUE(filter.permits(address("10.1.2.3")));
    EXPECT_TRUE(filter.permits(address("fd00:7::1")));
    EXPECT_FALSE(filter.permits(address("10.2.0.1")));
    EXPECT_FALSE(filter.permits(address("fd00:8::1")));
    EXPECT_FALSE(filter.permits(address("192.168.0.1")));
}

TEST(TargetFilter, AllowedPrefixCountsHoweverTheAddressIsSpelt) {
    const TargetFilter filter{{}, {*Prefix::parse("10.0.0.0/8")}};
    EXPECT_TRUE(filter.permits(address("64:ff9b::10.0.0.1")));
    EXPECT_FALSE(filter.permits(address("::ffff:10.0.0.1"))) << "no host is reached by that";
}

TEST(TargetFilter, PrefixWiderThanARangeOpensNothingOfIt) {
    const TargetFilter filter{{}, {*Prefix::parse("0.0.0.0/0"), *Prefix::parse("::/0")}};
    EXPECT_FALSE(filter.permits(address("127.0.0.1")));
    EXPECT_FALSE(filter.permits(address("10.0.0.1")));
    EXPECT_FALSE(filter.permits(address("fe80::1")));
    EXPECT_TRUE(filter.permits(address("203.0.113.80")));
}

// U-9: general nodes to whom no packet goes but by a public port; in one spelling only.
TEST(TargetFilter, PublicAddressIsANodesAndNoTarget) {
    const IpAddress shared = address("203.0.113.10");
    TargetFilter filter{{shared}};
    EXPECT_FALSE(filter.permits_node(shared));
    filter.set_public_addresses({shared});
    EXPECT_TRUE(filter.permits_node(shared));
    EXPECT_FALSE(filter.permits(shared));
    EXPECT_FALSE(filter.permits_node(address("64:ff9b::203.0.113.10")));
    EXPECT_TRUE(filter.permits_node(address("203.0.113.80")));
    filter.leave_out(Family::ipv4);
    EXPECT_FALSE(filter.permits_node(shared));
}

TEST(TargetFilter, NoPrefixOpensAHostThatIsNamed) {
    const TargetFilter filter{{address("10.0.0.5")}, {*Prefix::parse("10.0.0.0/8")}};
    EXPECT_FALSE(filter.permits(address("10.0.0.5")));
    EXPECT_FALSE(filter.permits(address("2002:a00:5::1")));
    EXPECT_TRUE(filter.permits(address("10.0.0.6")));
}

}  // namespace

}  // namespace ntm::relay
