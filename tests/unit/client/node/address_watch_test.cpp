// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/address_watch.hpp"

#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

KernelAddress on(std::uint32_t index, const std::string& address, bool is_usable = true) {
    return {index, InterfaceAddress::parse(address).value(), is_usable};
}

TEST(AddressWatch, only_addresses_that_reach_the_world_are_real) {
    KernelState state;
    state.interfaces = {
        {1, "lo", true, true},
        {2, "eth0", true, false},
        {3, "eth1", false, false},
        {4, "ntm0", true, false}};
    state.addresses = {
        on(1, "127.0.0.1/8"),
        on(2, "10.0.0.1/24"),
        on(2, "fe80::1/64"),
        on(2, "2001:db8::1/64", false),
        on(2, "169.254.1.1/16"),
        on(3, "10.0.3.1/24"),
        on(4, "198.18.0.1/17"),
        on(9, "10.0.9.1/24")};
    const auto all = real_addresses(state, 4);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].address.text(), "10.0.0.1/24");
    EXPECT_EQ(all[0].interface_index, 2U);
    EXPECT_FALSE(all[0].is_routed);
}

TEST(AddressWatch, a_default_route_counts_for_its_family_and_interface) {
    KernelState state;
    state.interfaces = {{2, "eth0", true, false}, {3, "eth1", true, false}};
    state.addresses = {on(2, "10.0.0.1/24"), on(2, "2001:db8::1/64"), on(3, "10.0.3.1/24")};
    state.default_routes = {{2, Family::ipv4}, {3, Family::ipv6}};
    const auto all = real_addresses(state, 0);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_TRUE(all[0].is_routed);
    EXPECT_FALSE(all[1].is_routed);
    EXPECT_FALSE(all[2].is_routed);
}

TEST(AddressWatch, the_kernels_own_state_can_be_read) {
    const auto state = read_kernel_state();
    ASSERT_TRUE(state) << state.error();
    EXPECT_TRUE(std::any_of(
        state->interfaces.begin(),
        state->interfaces.end(),
        [](const KernelInterface& at) { return at.is_loopback && at.name == "lo"; }
    ));
}

TEST(AddressWatch, what_can_not_be_read_is_read_again_and_spoken_of_once) {
    asio::io_context loop;
    KernelState state;
    state.interfaces = {{2, "eth0", true, false}};
    state.addresses = {on(2, "10.0.0.1/24")};
    unsigned reads = 0;
    std::vector<std::string> troubles;
    std::vector<std::vector<RealAddress>> reports;
    AddressWatch::Hooks hooks;
    hooks.read = [&]() -> Result<KernelState, std::string> {
        if (++reads <= 3) {
            return Unexpected{std::string{"the answer was interrupted"}};
        }
        return state;
    };
    hooks.on_trouble = [&](const std::string& trouble) {
        troubles.push_back(trouble);
    };
    hooks.on_change = [&](const std::vector<RealAddress>& present) {
        reports.push_back(present);
    };
    const auto watch = AddressWatch::create(loop, 0, hooks);
    ASSERT_TRUE(watch) << watch.error();
    (*watch)->start();
    EXPECT_TRUE(reports.empty());
    while (reports.empty() && loop.run_one_for(seconds{10}) > 0) {
    }
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].at(0).address.text(), "10.0.0.1/24");
    ASSERT_EQ(troubles.size(), 1U);
    EXPECT_NE(troubles[0].find("the answer was interrupted"), std::string::npos);
}

}  // namespace
}  // namespace ntm::client::testing
