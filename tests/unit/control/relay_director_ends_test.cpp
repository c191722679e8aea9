// SPDX-License-Identifier: BSD-3-Clause
// The director with NAPT: paths that end in the relay, their targets and subscribers.
#include "common/protocol/keys.hpp"
#include "tests/unit/control/ends_world.hpp"

namespace ntm::control {

namespace {

using namespace std::chrono_literals;
using Commands = std::vector<DirectorCommand>;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Ends, DirectionOpensTheSubscriberAndInstallsThePath) {
    const v1::RelayResponse response = direct(dc_a, ending(7, 1));
    EXPECT_EQ(response.status(), v1::STATUS_OK) << response.text();
    EXPECT_TRUE(dc_a.registrations.at(0).has_napt());
    EXPECT_THAT(dc_a.registrations.at(0).suites(), ElementsAre(1, 2, 3));
    EXPECT_EQ(commands(), (Commands{opening(0, "198.18.0.1", 1), InstallPath{ended(7)}}));
    const crypto::AeadKey expected = protocol::derive_key(
        secret_of(Role::initiator),
        {protocol::PacketType::data, 0, crypto::Suite::chacha20_poly1305, PathId{7}},
        {}
    );
    EXPECT_EQ(keys_of(7)->opening.key.suite, expected.suite);
    EXPECT_EQ(keys_of(7)->opening.key.bytes, expected.bytes);
}

using Switch = DirectorWorld;

TEST_F(Switch, RelayWithoutNaptEndsNoPath) {
    const v1::RelayResponse response = direct(dc_a, ending(7, 1));
    EXPECT_EQ(response.status(), v1::STATUS_BAD_REQUEST);
    EXPECT_THAT(response.text(), HasSubstr("NAPT"));
    EXPECT_EQ(commands(), Commands{});
    EXPECT_FALSE(dc_a.registrations.at(0).has_napt());
    EXPECT_THAT(dc_a.registrations.at(0).suites(), IsEmpty());
}

TEST_F(Ends, RepeatChangesNothing) {
    direct(dc_a, ending(7, 1));
    commands();
    EXPECT_EQ(direct(dc_a, ending(7, 1)).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Ends, OtherSecretUnderTheSameRevisionIsAnotherPath) {
    direct(dc_a, ending(7, 1));
    commands();
    EXPECT_EQ(direct(dc_a, with_secret(ending(7, 1), 'z')).status(), v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(direct(dc_a, direction(7, 1)).status(), v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(commands(), Commands{});
}

// S-8.
TEST_F(Ends, TargetsAreNeitherTheRelayNorItsDcsNorPrivateUnlessAllowed) {
    for (const char* const target : {"198.51.100.20", "203.0.113.10", "203.0.113.11", "10.8.0.1"}) {
        const v1::RelayResponse response = direct_to(target);
        EXPECT_EQ(response.status(), v1::STATUS_BAD_REQUEST) << target;
        EXPECT_THAT(response.text(), HasSubstr(target));
    }
    EXPECT_EQ(director->counters().directions_refused, 4U);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(direct_to("10.7.0.1").status(), v1::STATUS_OK);
}

// U-9: there other subscribers have ports; the data plane lets nothing through to the relay's own.
TEST_F(Ends, PathMayLeadToAPublicAddressOfTheRelayItself) {
    EXPECT_EQ(direct_to("198.51.100.21").status(), v1::STATUS_OK);
}

// S-8.
TEST_F(Ends, DcThatIsAddedIsNoTargetEither) {
    director->set_dcs(
        {{"a", dc_a.key_pair.public_key(), {dc_a.endpoint}},
         {"c", crypto::KeyPair::generate(random).public_key(), {at("203.0.113.99:9770")}}},
        now
    );
    run();
    EXPECT_EQ(direct_to("203.0.113.99").status(), v1::STATUS_BAD_REQUEST);
    EXPECT_EQ(direct_to("203.0.113.10").status(), v1::STATUS_BAD_REQUEST);
}

// S-8: the data plane goes by them for each packet of an exit path.
TEST_F(Ends, TargetsArePublishedAndFollowTheDcs) {
    const IpAddress new_dc = *IpAddress::parse("203.0.113.99");
    EXPECT_FALSE(targets.permits(dc_a.endpoint.address));
    EXPECT_FALSE(targets.permits(relay6.address));
    EXPECT_FALSE(targets.permits(*IpAddress::parse("2001:db8:4::21")));
    EXPECT_TRUE(targets.permits(*IpAddress::parse("10.7.0.1")));
    EXPECT_TRUE(targets.permits(new_dc));
    director->set_dcs(
        {{"c", crypto::KeyPair::generate(random).public_key(), {{new_dc, Port{9770}}}}}, now
    );
    commands();
    EXPECT_FALSE(targets.permits(new_dc));
    EXPECT_TRUE(targets.permits(dc_a.endpoint.address));
}

TEST_F(Ends, ExitPathLeavesByTheDefaultRoutes) {
    ASSERT_EQ(direct(dc_a, exiting(7, 1)).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), (Commands{opening(0, "198.18.0.1", 1), InstallPath{exit(7)}}));
    EXPECT_THAT(asked_for, Contains(IpAddress{Ipv4Address{}}));
    EXPECT_THAT(asked_for, Contains(IpAddress{Ipv6Address{}}));
    next_hop_ipv4 = 9;
    director->handle_route_change();
    director->walk_routes();
    EXPECT_EQ(commands(), (Commands{ReplacePath{exit(7)}}));
}

TEST_F(Ends, ExitPathMayBecomeOneToAGeneralNode) {
    direct(dc_a, exiting(7, 1));
    commands();
    direct(dc_a, ending(7, 2));
    EXPECT_EQ(commands(), (Commands{ReplacePath{ended(7)}}));
}

TEST_F(Ends, PathToWhereADcIsAddedIsGivenUpButNoExitPath) {
    ASSERT_EQ(direct(dc_a, ending(7, 1)).status(), v1::STATUS_OK);
    ASSERT_EQ(direct(dc_b, exiting(8, 1)).status(), v1::STATUS_OK);
    commands();
    director->set_dcs(
        {{"a", dc_a.key_pair.public_key(), {dc_a.endpoint}},
         {"c", crypto::KeyPair::generate(random).public_key(), {at("203.0.113.80:9770")}}},
        now
    );
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{7}}, CloseSubscriber{0}}));
    EXPECT_EQ(director->paths().find(PathId{7}), nullptr);
    EXPECT_NE(director->paths().find(PathId{8}), nullptr);
    EXPECT_EQ(director->counters().paths_forbidden, 1U);
}

TEST_F(Ends, SubscriberIsOpenFromItsFirstPathToItsLast) {
    direct(dc_a, ending(7, 1));
    commands();
    direct(dc_a, ending(8, 1));
    EXPECT_EQ(commands(), (Commands{InstallPath{ended(8)}}));
    release(dc_a, 7, 1);
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{7}}}));
    release(dc_a, 8, 1);
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{8}}, CloseSubscriber{0}}));
    EXPECT_EQ(director->paths().subscribers(), 0U);
}

TEST_F(Ends, NoMoreSubscribersThanTheNaptHasRoomFor) {
    for (std::uint64_t id = 1; id <= most_subscribers; ++id) {
        const std::string vip = "198.18.0." + std::to_string(id);
        ASSERT_EQ(direct(dc_a, of_subscriber(ending(id, 1), vip.c_str())).status(), v1::STATUS_OK);
    }
    const v1::RelayDirection next = of_subscriber(ending(9, 1), "198.18.0.9");
    EXPECT_EQ(direct(dc_a, next).status(), v1::STATUS_FULL);
    EXPECT_EQ(director->paths().find(PathId{9}), nullptr);
    const v1::RelayDirection of_known = of_subscriber(ending(8, 1), "198.18.0.1");
    EXPECT_EQ(direct(dc_a, of_known).status(), v1::STATUS_OK);
}

TEST_F(Ends, SubscribersOfTwoDcsAreTwo) {
    direct(dc_a, ending(7, 1));
    commands();
    direct(dc_b, ending(8, 1));
    EXPECT_EQ(commands(), (Commands{opening(1, "198.18.0.1", 2), InstallPath{ended(8, 1)}}));
}

TEST_F(Ends, PathThatExpiresClosesItsSubscriber) {
    v1::RelayDirection direction = ending(7, 1);
    direction.set_lifetime_seconds(5);
    direct(dc_a, direction);
    commands();
    pass(5s);
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{7}}, CloseSubscriber{0}}));
}

TEST_F(Ends, PathThatTheTableRefusesClosesItsSubscriber) {
    direct(dc_a, ending(7, 1));
    commands();
    director->handle_table_full(PathId{7}, now);
    EXPECT_EQ(commands(), (Commands{CloseSubscriber{0}}));
}

TEST_F(Ends, PathThatGoesToAnotherSubscriberOpensItBeforeAndClosesTheOldAfter) {
    direct(dc_a, ending(7, 1));
    commands();
    direct(dc_a, with_secret(of_subscriber(ending(7, 2), "198.18.0.2"), 'z'));
    EXPECT_EQ(
        commands(),
        (Commands{opening(1, "198.18.0.2", 2), ReplacePath{ended(7, 1)}, CloseSubscriber{0}})
    );
}

// They may be two workers', and a nonce might be used twice.
TEST_F(Ends, SecretOfOneSubscriberIsNoOthers) {
    direct(dc_a, ending(7, 1));
    commands();
    const auto other = of_subscriber(ending(7, 2), "198.18.0.2");
    EXPECT_EQ(direct(dc_a, other).status(), v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(director->paths().subscribers(), 1U);
    direct(dc_a, with_secret(ending(7, 2), 'z'));
    direct(dc_a, of_subscriber(ending(8, 1), "198.18.0.3"));
    commands();
    EXPECT_EQ(
        direct(dc_a, of_subscriber(ending(7, 3), "198.18.0.3")).status(), v1::STATUS_PATH_ID_TAKEN
    );
    EXPECT_EQ(direct(dc_a, ending(7, 3)).status(), v1::STATUS_OK) << "it still lies on the shelf";
}

TEST_F(Ends, PathMayBecomeOneOfTheOtherMode) {
    direct(dc_a, ending(7, 1));
    commands();
    direct(dc_a, direction(7, 2));
    EXPECT_EQ(commands(), (Commands{ReplacePath{unbound(7)}, CloseSubscriber{0}}));
    direct(dc_a, ending(7, 3));
    EXPECT_EQ(commands(), (Commands{opening(0, "198.18.0.1", 2), ReplacePath{ended(7)}}));
}

}  // namespace

}  // namespace ntm::control
