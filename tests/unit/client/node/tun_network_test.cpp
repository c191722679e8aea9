// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tun_network.hpp"

#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

// A device that keeps a list of what it was asked, and may refuse IPv6.
class FakeLink final : public LinkSettings {
  public:
    Done bring_up(std::uint16_t mtu) override { return take("up " + std::to_string(mtu), false); }
    Done add_address(const InterfaceAddress& at) override {
        return take("+ " + at.address.text(), at.address.is_ipv6());
    }
    Done remove_address(const InterfaceAddress& at) override {
        return take("- " + at.address.text(), false);
    }
    Done add_route(const Prefix& prefix) override {
        return take("+ " + prefix.text(), prefix.address.is_ipv6());
    }
    Done remove_route(const Prefix& prefix) override { return take("- " + prefix.text(), false); }
    Done add_exit(const IpAddress& vip) override {
        return take("+ exit " + vip.text(), vip.is_ipv6());
    }
    Done remove_exit(const IpAddress& vip) override { return take("- exit " + vip.text(), false); }

    [[nodiscard]] std::vector<std::string> take_asked() { return std::exchange(asked_, {}); }
    bool refuses_ipv6 = false;

  private:
    Done take(const std::string& what, bool is_ipv6) {
        asked_.push_back(what);
        if (refuses_ipv6 && is_ipv6) {
            return Unexpected{std::string{"Permission denied"}};
        }
        return Nothing{};
    }
    std::vector<std::string> asked_;
};

using Texts = std::vector<std::string>;

VirtualNetwork both_families() {
    VirtualNetwork wanted;
    wanted.vipv4 = InterfaceAddress{ip("198.18.0.1"), 32};
    wanted.vipv6 = InterfaceAddress{ip("fd00:a::1"), 128};
    wanted.prefixes = {*Prefix::parse("198.18.0.0/17"), *Prefix::parse("fd00:a::/64")};
    return wanted;
}

Instant at(int seconds) {
    return Instant{std::chrono::seconds{100 + seconds}};
}

// M-1.
TEST(TunNetwork, sets_everything_once) {
    TunNetwork network;
    FakeLink link;
    EXPECT_TRUE(network.configure(both_families(), link, at(0)).empty());
    const Texts all{"up 1400", "+ 198.18.0.1", "+ fd00:a::1", "+ 198.18.0.0/17", "+ fd00:a::/64"};
    EXPECT_EQ(link.take_asked(), all);
    EXPECT_TRUE(network.configure(both_families(), link, at(60)).empty());
    EXPECT_TRUE(network.configure(both_families(), link, at(3600)).empty());
    EXPECT_EQ(link.take_asked(), Texts{});
    EXPECT_EQ(network.retry_at(), Instant::never());
}

TEST(TunNetwork, goes_on_with_ipv4_where_ipv6_is_refused_and_says_so_once) {
    TunNetwork network;
    FakeLink link;
    link.refuses_ipv6 = true;
    const Texts said{"address fd00:a::1: Permission denied"};
    EXPECT_EQ(network.configure(both_families(), link, at(0)), said);
    const Texts all{"up 1400", "+ 198.18.0.1", "+ fd00:a::1", "+ 198.18.0.0/17"};
    EXPECT_EQ(link.take_asked(), all);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(network.configure(both_families(), link, at(1)).empty());
    }
    EXPECT_EQ(link.take_asked(), Texts{});
    ASSERT_GT(network.retry_at(), at(1));
    ASSERT_LT(network.retry_at(), at(30));
    EXPECT_TRUE(network.configure(both_families(), link, network.retry_at()).empty());
    EXPECT_EQ(link.take_asked(), Texts{"+ fd00:a::1"});
}

TEST(TunNetwork, makes_up_for_what_was_refused) {
    TunNetwork network;
    FakeLink link;
    link.refuses_ipv6 = true;
    EXPECT_FALSE(network.configure(both_families(), link, at(0)).empty());
    static_cast<void>(link.take_asked());
    link.refuses_ipv6 = false;
    EXPECT_TRUE(network.configure(both_families(), link, network.retry_at()).empty());
    const Texts missing{"+ fd00:a::1", "+ fd00:a::/64"};
    EXPECT_EQ(link.take_asked(), missing);
    EXPECT_EQ(network.retry_at(), Instant::never());
}

TEST(TunNetwork, another_wish_is_tried_at_once_and_touches_only_what_differs) {
    TunNetwork network;
    FakeLink link;
    link.refuses_ipv6 = true;
    EXPECT_FALSE(network.configure(both_families(), link, at(0)).empty());
    static_cast<void>(link.take_asked());
    VirtualNetwork other = both_families();
    other.vipv6.reset();
    other.mtu = 1300;
    EXPECT_TRUE(network.configure(other, link, at(0)).empty());
    EXPECT_EQ(link.take_asked(), Texts{"up 1300"});
    EXPECT_EQ(network.retry_at(), Instant::never());
}

TEST(TunNetwork, an_exit_comes_last_and_goes_first) {
    TunNetwork network;
    FakeLink link;
    VirtualNetwork wanted = both_families();
    wanted.is_exit = true;
    EXPECT_TRUE(network.configure(wanted, link, at(0)).empty());
    const Texts asked = link.take_asked();
    ASSERT_EQ(asked.size(), 7U);
    EXPECT_EQ(asked[5], "+ exit 198.18.0.1");
    EXPECT_EQ(asked[6], "+ exit fd00:a::1");
    EXPECT_TRUE(network.configure(wanted, link, at(60)).empty());
    EXPECT_EQ(link.take_asked(), Texts{});
    wanted.vipv4 = InterfaceAddress{ip("198.18.0.9"), 32};
    EXPECT_TRUE(network.configure(wanted, link, at(61)).empty());
    const Texts moved{
        "- exit 198.18.0.1",
        "- 198.18.0.1",
        "+ 198.18.0.9",
        "+ 198.18.0.0/17",
        "+ exit 198.18.0.9"};
    EXPECT_EQ(link.take_asked(), moved);
    wanted.is_exit = false;
    EXPECT_TRUE(network.configure(wanted, link, at(62)).empty());
    const Texts gone{"- exit fd00:a::1", "- exit 198.18.0.9"};
    EXPECT_EQ(link.take_asked(), gone);
}

TEST(TunNetwork, an_exit_of_one_family_does_without_the_other) {
    TunNetwork network;
    FakeLink link;
    link.refuses_ipv6 = true;
    VirtualNetwork wanted = both_families();
    wanted.is_exit = true;
    EXPECT_EQ(network.configure(wanted, link, at(0)).size(), 1U);
    EXPECT_EQ(link.take_asked().back(), "+ exit 198.18.0.1");
}

TEST(TunNetwork, another_address_takes_the_routes_of_its_family_along) {
    TunNetwork network;
    FakeLink link;
    EXPECT_TRUE(network.configure(both_families(), link, at(0)).empty());
    static_cast<void>(link.take_asked());
    VirtualNetwork other = both_families();
    other.vipv4 = InterfaceAddress{ip("198.18.0.9"), 32};
    EXPECT_TRUE(network.configure(other, link, at(0)).empty());
    const Texts changes{"- 198.18.0.1", "+ 198.18.0.9", "+ 198.18.0.0/17"};
    EXPECT_EQ(link.take_asked(), changes);
}

}  // namespace
}  // namespace ntm::client::testing
