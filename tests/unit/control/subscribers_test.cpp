// SPDX-License-Identifier: BSD-3-Clause
#include "control/subscribers.hpp"

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

const crypto::PublicKey dc_a{{1}};
const crypto::PublicKey dc_b{{2}};

Subscriber subscriber(std::uint8_t number) {
    return {"mn.a.ntm.test", {}, Ipv4Address{{198, 18, 0, number}}, Ipv6Address{{0xfd, number}}};
}

class SubscribersTest : public testing::Test {
  protected:
    tables::SubscriberNumber join(std::uint8_t number) {
        return subscribers.join(dc_a, subscriber(number)).value().number;
    }
    Subscribers subscribers{8};
};

TEST_F(SubscribersTest, FirstPathOpensAndLastPathCloses) {
    const auto first = subscribers.join(dc_a, subscriber(1)).value();
    const auto second = subscribers.join(dc_a, subscriber(1)).value();
    EXPECT_TRUE(first.is_first);
    EXPECT_FALSE(second.is_first);
    EXPECT_EQ(first.number, second.number);
    EXPECT_EQ(subscribers.size(), 1U);
    EXPECT_FALSE(subscribers.leave(first.number));
    EXPECT_TRUE(subscribers.leave(first.number));
    EXPECT_EQ(subscribers.size(), 0U);
    EXPECT_TRUE(subscribers.join(dc_a, subscriber(1)).value().is_first);
}

TEST_F(SubscribersTest, SmallestFreeNumberIsGivenNext) {
    for (std::uint8_t i = 0; i < 5; ++i) {
        EXPECT_EQ(join(i), i);
    }
    EXPECT_TRUE(subscribers.leave(3));
    EXPECT_TRUE(subscribers.leave(1));
    EXPECT_EQ(join(10), 1U);
    EXPECT_EQ(join(11), 3U);
    EXPECT_EQ(join(12), 5U);
    EXPECT_EQ(join(4), 4U) << "who stayed keeps his";
}

TEST_F(SubscribersTest, SubscriberIsKnownByDcAndVips) {
    Subscriber other_vipv4 = subscriber(1);
    other_vipv4.vipv4 = {};
    Subscriber other_vipv6 = subscriber(1);
    other_vipv6.vipv6 = {};
    Subscriber renamed = subscriber(1);
    renamed.fqdn = "another.a.ntm.test";
    renamed.key.bytes[0] = 7;
    renamed.most_ports = 1;
    EXPECT_EQ(subscribers.join(dc_a, subscriber(1)).value().number, 0U);
    EXPECT_EQ(subscribers.join(dc_b, subscriber(1)).value().number, 1U);
    EXPECT_EQ(subscribers.join(dc_a, other_vipv4).value().number, 2U);
    EXPECT_EQ(subscribers.join(dc_a, other_vipv6).value().number, 3U);
    EXPECT_EQ(subscribers.join(dc_a, renamed).value().number, 0U);
}

TEST_F(SubscribersTest, ShowsWhoIsThere) {
    EXPECT_EQ(join(2), 0U);
    EXPECT_EQ(join(1), 1U);
    Subscriber renamed = subscriber(2);
    renamed.fqdn = "another.a.ntm.test";
    ASSERT_TRUE(subscribers.join(dc_a, renamed));
    std::vector<Subscribers::Member> members;
    subscribers.for_each([&](const Subscribers::Member& member) { members.push_back(member); });
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0].number, 0U);
    EXPECT_EQ(members[0].fqdn, "another.a.ntm.test");
    EXPECT_EQ(members[0].vipv4, subscriber(2).vipv4);
    EXPECT_EQ(members[0].vipv6, subscriber(2).vipv6);
    EXPECT_EQ(members[0].paths, 2U);
    EXPECT_EQ(members[1].number, 1U);
    EXPECT_EQ(members[1].dc, dc_a);
    EXPECT_EQ(members[1].fqdn, "mn.a.ntm.test");
    EXPECT_EQ(members[1].paths, 1U);
    EXPECT_FALSE(subscribers.leave(0));
    EXPECT_TRUE(subscribers.leave(0));
    members.clear();
    subscribers.for_each([&](const Subscribers::Member& member) { members.push_back(member); });
    EXPECT_EQ(members.size(), 1U);
}

// F-34.
TEST_F(SubscribersTest, WhenFullTakesOnlyThoseWhoAreThere) {
    for (std::uint8_t i = 0; i < 8; ++i) {
        EXPECT_EQ(join(i), i);
    }
    EXPECT_FALSE(subscribers.join(dc_a, subscriber(8)));
    EXPECT_EQ(subscribers.size(), 8U);
    EXPECT_EQ(join(5), 5U);
    EXPECT_TRUE(subscribers.leave(3));
    EXPECT_EQ(join(8), 3U);
}

}  // namespace

}  // namespace ntm::control
