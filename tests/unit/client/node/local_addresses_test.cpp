// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/local_addresses.hpp"

#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

std::vector<std::string> texts(const std::vector<LocalAddress>& addresses) {
    std::vector<std::string> all;
    all.reserve(addresses.size());
    for (const LocalAddress& at : addresses) {
        all.push_back(at.ip().text());
    }
    return all;
}

using Texts = std::vector<std::string>;

TEST(LocalAddresses, the_same_set_in_another_order_is_no_change) {
    LocalAddresses addresses;
    EXPECT_TRUE(addresses.update({real("10.0.0.1/24", 1), real("10.0.1.1/24", 2)}));
    EXPECT_FALSE(addresses.update({real("10.0.1.1/24", 2), real("10.0.0.1/24", 1)}));
    EXPECT_TRUE(addresses.update({real("10.0.1.1/24", 2)}));
    EXPECT_TRUE(addresses.update({}));
    EXPECT_FALSE(addresses.update({}));
}

TEST(LocalAddresses, the_newest_interface_comes_first) {
    LocalAddresses addresses;
    EXPECT_TRUE(addresses.update({real("10.0.9.1/24", 9)}));
    EXPECT_TRUE(addresses.update({real("10.0.9.1/24", 9), real("10.0.1.1/24", 1)}));
    EXPECT_EQ(texts(addresses.usable()), (Texts{"10.0.1.1", "10.0.9.1"}));
    EXPECT_TRUE(addresses.update({real("10.0.1.1/24", 1)}));
    EXPECT_TRUE(addresses.update({real("10.0.1.1/24", 1), real("10.0.9.1/24", 9)}));
    EXPECT_EQ(texts(addresses.usable()), (Texts{"10.0.9.1", "10.0.1.1"}));
}

TEST(LocalAddresses, of_one_interface_and_family_the_newest_is_used) {
    LocalAddresses addresses;
    EXPECT_TRUE(addresses.update({real("10.0.0.1/24"), real("2001:db8::1/64")}));
    EXPECT_TRUE(addresses.update({real("10.0.0.1/24"), real("2001:db8::1/64"), real("10.0.0.2/24")})
    );
    EXPECT_EQ(texts(addresses.usable()), (Texts{"10.0.0.2", "2001:db8::1"}));
    EXPECT_TRUE(addresses.has(ip("10.0.0.1")));
}

TEST(LocalAddresses, without_any_default_route_of_a_family_all_count) {
    LocalAddresses addresses;
    RealAddress unrouted = real("10.0.0.1/24", 1);
    unrouted.is_routed = false;
    EXPECT_TRUE(addresses.update({unrouted, real("2001:db8::1/64", 2)}));
    EXPECT_EQ(addresses.usable().size(), 2U);
    EXPECT_TRUE(addresses.update({unrouted, real("2001:db8::1/64", 2), real("10.1.0.1/24", 3)}));
    EXPECT_EQ(texts(addresses.usable()), (Texts{"10.1.0.1", "2001:db8::1"}));
}

}  // namespace
}  // namespace ntm::client::testing
