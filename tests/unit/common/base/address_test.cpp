// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/address.hpp"

#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

namespace ntm {
namespace {

IpAddress ip(const char* text) {
    return *IpAddress::parse(text);
}

TEST(IpAddress, TextIsTheCanonicalForm) {
    EXPECT_EQ(ip("192.0.2.1").text(), "192.0.2.1");
    EXPECT_EQ(ip("2001:DB8:0:0:0:0:0:1").text(), "2001:db8::1");
    EXPECT_EQ(ip("::").text(), "::");
    EXPECT_EQ(IpAddress{}.text(), "0.0.0.0");
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
    for (const char* const wrong :
         {"",
          "1.2.3",
          "1.2.3.4.5",
          "256.1.1.1",
          "01.2.3.4",
          " 1.2.3.4",
          "1.2.3.4 ",
          "1.2.3.4/24",
          "2001:db8:::1",
          "2001:db8",
          "12345::",
          "[::1]",
          "fe80::1%eth0",
          "localhost"}) {
        EXPECT_FALSE(IpAddress::parse(wrong)) << wrong;
    }
    EXPECT_FALSE(IpAddress::parse(std::string_view{"1.2.3.4\0", 8}));
}

TEST(IpAddress, BytesHaveTheFamilysLength) {
    EXPECT_EQ(to_hex(ip("192.0.2.1").bytes()), "c0000201");
    EXPECT_EQ(to_hex(ip("2001:db8::1").bytes()), "20010db8000000000000000000000001");
    EXPECT_EQ(to_hex(ip("192.0.2.1").padded()), "c0000201000000000000000000000000");
    for (std::size_t length = 0; length < 20; ++length) {
        const Bytes bytes(length, 7);
        EXPECT_EQ(IpAddress::from_bytes(bytes).has_value(), length == 4 || length == 16);
    }
    EXPECT_EQ(IpAddress::from_bytes(ip("192.0.2.1").bytes()), ip("192.0.2.1"));
    EXPECT_EQ(IpAddress::from_bytes(ip("2001:db8::1").bytes()), ip("2001:db8::1"));
}

TEST(IpAddress, FamiliesNeverCompareEqual) {
    EXPECT_NE(ip("0.0.0.0"), ip("::"));
    EXPECT_NE(std::hash<IpAddress>{}(ip("0.0.0.0")), std::hash<IpAddress>{}(ip("::")));
}

TEST(IpAddress, KnowsSpecialRanges) {
    EXPECT_TRUE(ip("0.0.0.0").is_unspecified());
    EXPECT_TRUE(ip("::").is_unspecified());
    EXPECT_FALSE(ip("::1").is_unspecified());

    EXPECT_TRUE(ip("127.0.0.1").is_loopback());
    EXPECT_TRUE(ip("127.255.0.9").is_loopback());
    EXPECT_TRUE(ip("::1").is_loopback());
    EXPECT_FALSE(ip("128.0.0.1").is_loopback());

    EXPECT_TRUE(ip("224.0.0.1").is_multicast());
    EXPECT_TRUE(ip("239.255.255.255").is_multicast());
    EXPECT_TRUE(ip("255.255.255.255").is_multicast());
    EXPECT_TRUE(ip("ff02::1").is_multicast());
    EXPECT_FALSE(ip("223.255.255.255").is_multicast());
    EXPECT_FALSE(ip("240.0.0.1").is_multicast());

    EXPECT_TRUE(ip("169.254.1.1").is_link_local());
    EXPECT_TRUE(ip("fe80::1").is_link_local());
    EXPECT_TRUE(ip("febf::1").is_link_local());
    EXPECT_FALSE(ip("fec0::1").is_link_local());
    EXPECT_FALSE(ip("169.253.1.1").is_link_local());
}

TEST(IpAddress, KnowsPrivateRangesToTheirEdges) {
    for (const char* const inside :
         {"10.0.0.0",
          "10.255.255.255",
          "172.16.0.0",
          "172.31.255.255",
          "192.168.0.0",
          "192.168.255.255",
          "100.64.0.0",
          "100.127.255.255",
          "fc00::",
          "fdff::1"}) {
        EXPECT_TRUE(ip(inside).is_private()) << inside;
    }
    for (const char* const outside :
         {"9.255.255.255",
          "11.0.0.0",
          "172.15.255.255",
          "172.32.0.0",
          "192.167.255.255",
          "192.169.0.0",
          "100.63.255.255",
          "100.128.0.0",
          "198.51.100.1",
          "fe00::",
          "2001:db8::"}) {
        EXPECT_FALSE(ip(outside).is_private()) << outside;
    }
}

TEST(Ipv4Address, ConvertsFromAndToHostOrder) {
    EXPECT_EQ(IpAddress{Ipv4Address::from_host(0xc0000201)}, ip("192.0.2.1"));
    EXPECT_EQ(ip("192.0.2.1").ipv4().to_host(), 0xc0000201U);
    EXPECT_EQ(IpAddress{ip("2001:db8::1").ipv6()}, ip("2001:db8::1"));
}

TEST(Endpoint, TextParsesBack) {
    for (const char* const text :
         {"192.0.2.1:9770", "[2001:db8::1]:9770", "0.0.0.0:0", "[::]:65535"}) {
        const auto parsed = Endpoint::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->text(), text);
    }
}

TEST(Endpoint, RefusesWhatIsNoEndpoint) {
    for (const char* const wrong :
         {"",
          ":",
          "192.0.2.1",
          "192.0.2.1:",
          "192.0.2.1:65536",
          "192.0.2.1:-1",
          "192.0.2.1:+1",
          "192.0.2.1: 1",
          "192.0.2.1:1x",
          "[192.0.2.1]:1",
          "2001:db8::1:9770",
          "[2001:db8::1]",
          "[2001:db8::1]9770",
          "[]:1",
          "host:1",
          "192.0.2.1:99999999999"}) {
        EXPECT_FALSE(Endpoint::parse(wrong)) << wrong;
    }
}

TEST(Endpoint, HashesSpread) {
    std::unordered_set<std::size_t> hashes;
    for (std::uint16_t port = 1; port <= 100; ++port) {
        for (std::uint32_t host = 1; host <= 100; ++host) {
            const IpAddress address{Ipv4Address::from_host(0xc6336400 + host)};
            hashes.insert(std::hash<Endpoint>{}({address, Port{port}}));
        }
    }
    EXPECT_GT(hashes.size(), 9900U);
}

TEST(Prefix, TextParsesBack) {
    for (const char* const text :
         {"198.18.0.0/17", "0.0.0.0/0", "192.0.2.1/32", "fd00:a::/64", "::/0", "2001:db8::1/128"}) {
        const auto parsed = Prefix::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->text(), text);
    }
}

TEST(Prefix, RefusesBitsBehindItsLengthAndWrongLengths) {
    for (const char* const wrong :
         {"198.18.0.1/17",
          "198.18.64.0/17",
          "0.0.0.1/0",
          "192.0.2.0/33",
          "fd00:a::1/64",
          "::/129",
          "192.0.2.0",
          "192.0.2.0/",
          "/24",
          "192.0.2.0/x",
          "192.0.2.0/-1",
          "192.0.2.0/24/1"}) {
        EXPECT_FALSE(Prefix::parse(wrong)) << wrong;
    }
}

TEST(Prefix, ContainsItsAddressesOnly) {
    const Prefix block = *Prefix::parse("198.18.128.0/17");
    EXPECT_TRUE(block.contains(ip("198.18.128.0")));
    EXPECT_TRUE(block.contains(ip("198.18.255.255")));
    EXPECT_FALSE(block.contains(ip("198.18.127.255")));
    EXPECT_FALSE(block.contains(ip("198.19.0.0")));
    EXPECT_FALSE(block.contains(ip("c612:8000::")));
    EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(ip("255.1.2.3")));
    EXPECT_FALSE(Prefix::parse("::/0")->contains(ip("255.1.2.3")));
    EXPECT_TRUE(Prefix::parse("2001:db8::1/128")->contains(ip("2001:db8::1")));
    EXPECT_FALSE(Prefix::parse("2001:db8::1/128")->contains(ip("2001:db8::")));
}

TEST(Prefix, OverlapIsSymmetric) {
    const auto overlap = [](const char* a, const char* b) {
        const bool forward = Prefix::parse(a)->overlaps(*Prefix::parse(b));
        EXPECT_EQ(forward, Prefix::parse(b)->overlaps(*Prefix::parse(a)));
        return forward;
    };
    EXPECT_TRUE(overlap("198.18.0.0/15", "198.19.0.0/16"));
    EXPECT_TRUE(overlap("0.0.0.0/0", "192.0.2.0/24"));
    EXPECT_FALSE(overlap("198.18.0.0/17", "198.18.128.0/17"));
    EXPECT_FALSE(overlap("::/0", "0.0.0.0/0"));
    EXPECT_TRUE(overlap("fd00:a::/64", "fd00:a::/32"));
}

TEST(InterfaceAddress, KeepsTheHostBits) {
    const auto parsed = InterfaceAddress::parse("198.51.100.20/24");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->address, ip("198.51.100.20"));
    EXPECT_EQ(parsed->prefix_length, 24);
    EXPECT_EQ(parsed->text(), "198.51.100.20/24");
    EXPECT_FALSE(InterfaceAddress::parse("198.51.100.20"));
    EXPECT_FALSE(InterfaceAddress::parse("198.51.100.20/33"));
}

TEST(MacAddress, TextIsSixPairs) {
    EXPECT_EQ((MacAddress{{2, 0, 0x5e, 0x10, 0, 1}}.text()), "02:00:5e:10:00:01");
}

}  // namespace
}  // namespace ntm
