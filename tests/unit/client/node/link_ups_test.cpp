// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/link_ups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t tun = 9;
constexpr Instant start{std::chrono::seconds{100}};

KernelState with_link(std::uint32_t carrier_ups, bool is_up = true) {
    KernelState state;
    state.interfaces = {
        {1, "lo", true, true, 1},
        {2, "eth0", is_up, false, carrier_ups},
        {tun, "ntm0", true, false, 1}};
    return state;
}

KernelState with_router(std::uint32_t carrier_ups, Family family = Family::ipv6) {
    KernelState state = with_link(carrier_ups);
    state.default_routes = {{2, family, 254}};
    return state;
}

// A reading before, in which the link is up.
struct LinkUpsTest : ::testing::Test {
    LinkUpsTest() { ups.read(with_link(1), start); }
    LinkUps ups{tun};
};

TEST_F(LinkUpsTest, nothing_is_solicited_at_the_start) {
    EXPECT_THAT(ups.take_due(start + milliseconds{300}), IsEmpty());
    EXPECT_EQ(ups.next_timeout(), Instant::never());
}

TEST_F(LinkUpsTest, a_cable_out_and_in_is_solicited_on_at_once_and_twice_again) {
    ups.read(with_link(2), start);
    EXPECT_THAT(ups.take_due(start), ElementsAre(2U));
    EXPECT_THAT(ups.take_due(start), IsEmpty());
    EXPECT_EQ(ups.next_timeout(), start + milliseconds{50});
    EXPECT_THAT(ups.take_due(start + milliseconds{50}), ElementsAre(2U));
    EXPECT_EQ(ups.next_timeout(), start + milliseconds{250});
    EXPECT_THAT(ups.take_due(start + milliseconds{250}), ElementsAre(2U));
    EXPECT_EQ(ups.next_timeout(), Instant::never());
}

TEST_F(LinkUpsTest, a_link_is_solicited_on_when_it_is_up_and_not_before) {
    ups.read(with_link(1, false), start);
    EXPECT_THAT(ups.take_due(start), IsEmpty());
    ups.read(with_link(2), start + milliseconds{5});
    EXPECT_THAT(ups.take_due(start + milliseconds{5}), ElementsAre(2U));
    ups.read(with_link(2, false), start + milliseconds{6});
    EXPECT_EQ(ups.next_timeout(), Instant::never());
}

TEST_F(LinkUpsTest, another_reading_starts_nothing_anew) {
    ups.read(with_link(2), start);
    EXPECT_THAT(ups.take_due(start), ElementsAre(2U));
    ups.read(with_link(2), start + milliseconds{20});
    EXPECT_EQ(ups.next_timeout(), start + milliseconds{50});
}

TEST_F(LinkUpsTest, a_router_ends_it) {
    ups.read(with_link(2), start);
    EXPECT_THAT(ups.take_due(start), ElementsAre(2U));
    ups.read(with_router(2, Family::ipv4), start + milliseconds{1});
    EXPECT_EQ(ups.next_timeout(), start + milliseconds{50});
    ups.read(with_router(2), start + milliseconds{2});
    EXPECT_EQ(ups.next_timeout(), Instant::never());
}

TEST_F(LinkUpsTest, the_last_networks_router_does_not) {
    ups.read(with_router(2), start);
    EXPECT_THAT(ups.take_due(start), ElementsAre(2U));
}

}  // namespace
}  // namespace ntm::client::testing
