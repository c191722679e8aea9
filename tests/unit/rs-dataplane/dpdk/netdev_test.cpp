// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/netdev.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::dpdk {

namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Netdev, OneThatIsNotThereIsNamed) {
    EXPECT_EQ(netdev_obstacle("nosuch0"), "there is no interface nosuch0: ip link show");
    EXPECT_EQ(bring_up("nosuch0").error(), netdev_obstacle("nosuch0"));
    const std::string too_long(100, 'x');
    EXPECT_THAT(bring_up(too_long).error(), HasSubstr(too_long));
}

TEST(Netdev, AddressesBearItsNameOrALabel) {
    EXPECT_TRUE(is_label_of("eth0", "eth0"));
    EXPECT_TRUE(is_label_of("eth0:mgmt", "eth0"));
    EXPECT_FALSE(is_label_of("eth0.5", "eth0"));
    EXPECT_FALSE(is_label_of("eth01", "eth0"));
}

TEST(Netdev, TheHostKeepsOneByWhoseAddressItIsReached) {
    const std::string obstacle = netdev_obstacle("lo");
    EXPECT_THAT(obstacle, StartsWith("the interface lo has the address 127."));
    EXPECT_THAT(obstacle, HasSubstr("ip address flush dev lo"));
    EXPECT_EQ(bring_up("lo").error(), obstacle);
}

}  // namespace

}  // namespace ntm::dpdk
