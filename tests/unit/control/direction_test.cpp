// SPDX-License-Identifier: BSD-3-Clause
// Directions of paths that end in the relay; those of switched ones are in relay_director_signals_test.
#include "control/direction.hpp"

#include "tests/unit/control/director_world.hpp"

#include <functional>

#include <gmock/gmock.h>

namespace ntm::control {

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

struct World : DirectorWorld {
    using DirectorWorld::bytes_of;
    using DirectorWorld::direction;
    using DirectorWorld::ending;
};

const relay::TargetFilter targets{{relay4.address}};
const std::vector<crypto::Suite> suites = crypto::usual_suites();
const EndRules rules{targets, suites};

IpAddress ip(const char* text) {
    return *IpAddress::parse(text);
}

TEST(EndingDirection, IsReadWhole) {
    const auto order = check_direction(World::ending(7, 3), &rules);
    ASSERT_TRUE(order) << order.error();
    EXPECT_EQ(order->id, PathId{7});
    EXPECT_EQ(order->revision, 3U);
    EXPECT_EQ(order->lifetime, std::chrono::hours{24});
    EXPECT_EQ(order->legs[0].secret, Secret32{as_bytes(std::string(32, 'a')).first<32>()});
    EXPECT_THAT(order->legs[0].proven, Optional(mn_at));
    EXPECT_TRUE(order->legs[1].secret.is_zero());
    ASSERT_TRUE(order->end);
    EXPECT_EQ(order->end->suite, crypto::Suite::chacha20_poly1305);
    const Subscriber& subscriber = order->end->subscriber;
    EXPECT_EQ(subscriber.fqdn, "mn.a.ntm.test");
    EXPECT_EQ(as_text(subscriber.key.bytes), std::string(32, 'k'));
    EXPECT_EQ(IpAddress{subscriber.vipv4}, ip("198.18.0.1"));
    EXPECT_EQ(IpAddress{subscriber.vipv6}, ip("fd00:a::1"));
    EXPECT_EQ(subscriber.most_ports, 1000U);
    EXPECT_EQ(subscriber.most_sessions, 5000U);
    const std::vector<tables::PathEnd::GeneralNode> nodes{
        {ip("198.18.64.1"), ip("203.0.113.80")}, {ip("fd00:a::64:1"), ip("2001:db8:5::80")}};
    EXPECT_EQ(order->end->general_nodes, nodes);
}

TEST(EndingDirection, NeedsNoProvenAddressAndOneVipAlone) {
    v1::RelayDirection direction = World::ending(7, 1);
    direction.mutable_legs(0)->clear_proven();
    direction.mutable_end()->clear_subscriber_vipv6();
    direction.mutable_end()->mutable_general_nodes()->RemoveLast();
    const auto order = check_direction(direction, &rules);
    ASSERT_TRUE(order) << order.error();
    EXPECT_FALSE(order->legs[0].proven);
    EXPECT_EQ(order->end->subscriber.vipv6, Ipv6Address{});
    EXPECT_EQ(order->end->general_nodes.size(), 1U);
}

TEST(EndingDirection, IsOfAnExitPathWithoutGeneralNodes) {
    v1::RelayDirection direction = World::ending(7, 1);
    direction.mutable_end()->clear_general_nodes();
    const auto order = check_direction(direction, &rules);
    ASSERT_TRUE(order) << order.error();
    EXPECT_THAT(order->end->general_nodes, IsEmpty());
}

TEST(EndingDirection, IsRefusedByARelayWithoutNapt) {
    const auto order = check_direction(World::ending(7, 1), nullptr);
    ASSERT_FALSE(order);
    EXPECT_THAT(order.error(), HasSubstr("NAPT"));
    EXPECT_TRUE(check_direction(World::direction(7, 1), nullptr)) << "which switches all the same";
}

using Direction = v1::RelayDirection;
using End = v1::RelayEnd;

// F-6: refused with a word for what is wrong.
void refused_for(const char* word, const std::function<void(Direction&)>& spoil) {
    Direction direction = World::ending(7, 1);
    spoil(direction);
    const auto order = check_direction(direction, &rules);
    ASSERT_FALSE(order) << word;
    EXPECT_THAT(order.error(), HasSubstr(word));
}
void end_refused_for(const char* word, const std::function<void(End&)>& spoil) {
    refused_for(word, [&](Direction& direction) { spoil(*direction.mutable_end()); });
}
void node_refused_for(const char* word, const char* virtual_ip, const char* real_ip) {
    end_refused_for(word, [&](End& end) {
        end.mutable_general_nodes(0)->set_virtual_ip(World::bytes_of(virtual_ip));
        end.mutable_general_nodes(0)->set_real_ip(World::bytes_of(real_ip));
    });
}

TEST(EndingDirection, IsOfAPathWithAnIdATimeAndAnEnd) {
    refused_for("path_id", [](Direction& all) { all.clear_path_id(); });
    refused_for("lifetime", [](Direction& all) { all.clear_lifetime_seconds(); });
    refused_for("end", [](Direction& all) { all.clear_end(); });
    refused_for("end", [](Direction& all) { all.set_mode(v1::RELAY_SWITCH); });
    refused_for("mode", [](Direction& all) { all.set_mode(v1::RelayMode{9}); });
}

TEST(EndingDirection, HasTheInitiatorsLegWithoutASecret) {
    refused_for("legs", [](Direction& all) { all.clear_legs(); });
    refused_for("legs", [](Direction& all) { *all.add_legs() = all.legs(0); });
    refused_for("legs", [](Direction& all) { all.mutable_legs(0)->set_role(v1::ROLE_RESPONDER); });
    refused_for("leg_secret", [](Direction& all) {
        all.mutable_legs(0)->set_leg_secret(std::string(32, 'a'));
    });
    refused_for("proven", [](Direction& all) {
        all.mutable_legs(0)->mutable_proven()->set_port(0);
    });
}

TEST(EndingDirection, HasAPathSecretAndASuite) {
    end_refused_for("path_secret", [](End& end) { end.clear_path_secret(); });
    end_refused_for("path_secret", [](End& end) { end.set_path_secret(std::string(31, 'a')); });
    end_refused_for("path_secret", [](End& end) { end.set_path_secret(std::string(33, 'a')); });
    end_refused_for("path_secret", [](End& end) { end.set_path_secret(std::string(32, '\0')); });
    end_refused_for("suite", [](End& end) { end.clear_suite(); });
    end_refused_for("suite", [](End& end) { end.set_suite(v1::SUITE_AES_128_CBC_HMAC_MD5); });
    end_refused_for("suite", [](End& end) { end.set_suite(v1::Suite{5}); });
    end_refused_for("suite", [](End& end) { end.set_suite(v1::Suite{255}); });
}

TEST(EndingDirection, HasASuiteThatTheRelayAllowsWhateverTheDcSays) {
    const std::vector<crypto::Suite> weak{crypto::Suite::none, crypto::Suite::aes_128_cbc_hmac_md5};
    const EndRules allowing{targets, weak};
    v1::RelayDirection direction = World::ending(7, 1);
    EXPECT_FALSE(check_direction(direction, &allowing));
    for (const crypto::Suite suite : weak) {
        direction.mutable_end()->set_suite(static_cast<v1::Suite>(suite));
        const auto order = check_direction(direction, &allowing);
        ASSERT_TRUE(order) << order.error();
        EXPECT_EQ(order->end->suite, suite);
    }
}

TEST(EndingDirection, NamesItsSubscriber) {
    end_refused_for("subscriber_fqdn", [](End& end) { end.clear_subscriber_fqdn(); });
    end_refused_for("subscriber_fqdn", [](End& end) { end.set_subscriber_fqdn("m\nn.test"); });
    end_refused_for("subscriber_key", [](End& end) { end.set_subscriber_key("k"); });
    end_refused_for("subscriber_vipv4, subscriber_vipv6", [](End& end) {
        end.clear_subscriber_vipv4();
        end.clear_subscriber_vipv6();
    });
    end_refused_for("subscriber_vipv4", [](End& end) {
        end.set_subscriber_vipv4(end.subscriber_vipv6());
    });
    end_refused_for("subscriber_vipv6", [](End& end) {
        end.set_subscriber_vipv6(World::bytes_of("::1"));
    });
}

TEST(EndingDirection, HasGeneralNodesOfItsSubscribersFamiliesOneOfEach) {
    end_refused_for("general_nodes", [](End& end) {
        *end.add_general_nodes() = end.general_nodes(0);
    });
    end_refused_for("general_nodes", [](End& end) { end.clear_subscriber_vipv6(); });
    end_refused_for("real_ip", [](End& end) { end.mutable_general_nodes(0)->clear_real_ip(); });
    node_refused_for("virtual_ip", "fd00:a::64:2", "203.0.113.80");
    node_refused_for("virtual_ip", "198.18.0.1", "203.0.113.80");
    node_refused_for("virtual_ip", "224.0.0.9", "203.0.113.80");
}

// S-8.
TEST(EndingDirection, LeadsToNoForbiddenTarget) {
    node_refused_for("10.0.0.1", "198.18.64.1", "10.0.0.1");
    node_refused_for("198.51.100.20", "198.18.64.1", "198.51.100.20");
    node_refused_for("::ffff:203.0.113.80", "fd00:a::64:2", "::ffff:203.0.113.80");
}

}  // namespace

}  // namespace ntm::control
