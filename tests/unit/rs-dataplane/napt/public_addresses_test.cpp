// SPDX-License-Identifier: BSD-3-Clause
// Which public address is which. C-3.
#include "rs-dataplane/napt/public_addresses.hpp"

#include "common/base/random.hpp"

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

template <typename Address>
std::vector<Address> some(std::size_t count, RandomSource& random) {
    std::vector<Address> addresses;
    for (std::size_t i = 0; i < count; ++i) {
        addresses.push_back({random.bytes<sizeof(Address)>()});
    }
    return addresses;
}

// C-3.
TEST(PublicAddresses, are_found_wherever_they_lie) {
    SeededRandom random{1};
    for (const std::size_t count : {1U, 2U, 3U, 4U, 63U, 64U, 65U, 1000U}) {
        const auto ipv4 = some<Ipv4Address>(count, random);
        const auto ipv6 = some<Ipv6Address>(count, random);
        const PublicAddresses addresses{ipv4, ipv6};
        for (std::size_t i = 0; i < count; ++i) {
            const auto number = static_cast<PublicAddress>(i);
            EXPECT_EQ(addresses.find(Family::ipv4, PaddedAddress::of(ipv4[i])), number);
            EXPECT_EQ(addresses.find(Family::ipv6, PaddedAddress::of(ipv6[i])), number);
            EXPECT_EQ(addresses(Family::ipv4, number), PaddedAddress::of(ipv4[i]));
            EXPECT_EQ(addresses(Family::ipv6, number), PaddedAddress::of(ipv6[i]));
        }
    }
}

TEST(PublicAddresses, are_found_beside_each_other) {
    std::vector<Ipv4Address> ipv4;
    for (std::uint32_t i = 0; i < 256; ++i) {
        ipv4.push_back(Ipv4Address::from_host(0xcb007100U + i));
    }
    const PublicAddresses addresses{ipv4, {}};
    for (std::size_t i = 0; i < ipv4.size(); ++i) {
        EXPECT_EQ(addresses.find(Family::ipv4, PaddedAddress::of(ipv4[i])), i);
    }
}

TEST(PublicAddresses, are_no_others) {
    SeededRandom random{2};
    const auto ipv4 = some<Ipv4Address>(64, random);
    const PublicAddresses addresses{ipv4, {Ipv6Address{{0x20, 0x01, 0x0d, 0xb8}}}};
    for (const Ipv4Address& other : some<Ipv4Address>(10'000, random)) {
        EXPECT_FALSE(addresses.find(Family::ipv4, PaddedAddress::of(other)));
    }
    // The same words, in the other family.
    const Ipv4Address words{{0x20, 0x01, 0x0d, 0xb8}};
    EXPECT_FALSE(addresses.find(Family::ipv4, PaddedAddress::of(words)));
    EXPECT_FALSE(addresses.find(Family::ipv6, PaddedAddress::of(ipv4[0])));
    EXPECT_FALSE(PublicAddresses({}, {}).find(Family::ipv4, PaddedAddress::of(ipv4[0])));
}

}  // namespace
}  // namespace ntm::napt
