// SPDX-License-Identifier: BSD-3-Clause
// The director with NAPT: paths that end in the relay, their subscribers, keys, legs and END.
#include "common/protocol/keys.hpp"
#include "tests/unit/control/director_world.hpp"

#include <gmock/gmock.h>

namespace ntm::control {

namespace {

using namespace std::chrono_literals;
using Commands = std::vector<DirectorCommand>;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Ends : public DirectorWorld {
  protected:
    Ends()
        : DirectorWorld{
              capacity,
              DirectorSettings::Napt{
                  {*IpAddress::parse("198.51.100.21"), *IpAddress::parse("2001:db8:4::21")},
                  {*Prefix::parse("10.7.0.0/16")},
                  most_subscribers}} {}
    static constexpr std::uint32_t most_subscribers = 2;

    static v1::RelayDirection with_secret(v1::RelayDirection direction, char letter) {
        direction.mutable_end()->set_path_secret(std::string(32, letter));
        return direction;
    }
    static v1::RelayDirection of_subscriber(v1::RelayDirection direction, const char* vipv4) {
        direction.mutable_end()->set_subscriber_vipv4(bytes_of(vipv4));
        return direction;
    }
    v1::RelayResponse direct_to(const char* real_ip) {
        v1::RelayDirection direction = ending(7, 1);
        direction.mutable_end()->mutable_general_nodes()->RemoveLast();
        direction.mutable_end()->mutable_general_nodes(0)->set_real_ip(bytes_of(real_ip));
        return direct(dc_a, direction);
    }
    [[nodiscard]] std::shared_ptr<tables::EndKeys> keys_of(std::uint64_t id) const {
        return director->paths().find(PathId{id})->end->keys;
    }
    [[nodiscard]] tables::RelayPath ended(std::uint64_t id, tables::SubscriberNumber subscriber = 0)
        const {
        tables::RelayPath path = unbound(id);
        path.end = {
            subscriber,
            keys_of(id),
            {{*IpAddress::parse("198.18.64.1"), *IpAddress::parse("203.0.113.80"), next_hop_ipv4},
             {*IpAddress::parse("fd00:a::64:1"), *IpAddress::parse("2001:db8:5::80"), hop6}}};
        return path;
    }
    static v1::RelayDirection exiting(std::uint64_t id, std::uint32_t revision) {
        v1::RelayDirection made = ending(id, revision);
        made.mutable_end()->clear_general_nodes();
        return made;
    }
    [[nodiscard]] tables::RelayPath exit(std::uint64_t id) const {
        tables::RelayPath path = unbound(id);
        path.end = {0, keys_of(id), {}, {next_hop_ipv4, hop6}};
        return path;
    }
    [[nodiscard]] tables::RelayPath bound(std::uint64_t id) const {
        tables::RelayPath path = ended(id);
        path.legs[0] = {true, mn_at, relay4, std::nullopt, {}, next_hop_ipv4};
        return path;
    }
    static OpenSubscriber opening(
        tables::SubscriberNumber number, const char* vipv4, napt::Tenancy tenancy
    ) {
        return {
            number,
            IpAddress::parse(vipv4)->ipv4(),
            IpAddress::parse("fd00:a::1")->ipv6(),
            1000,
            5000,
            tenancy};
    }
    // Path 7, bound from mn_at.
    void make_bound_path() {
        ASSERT_EQ(direct(dc_a, ending(7, 1)).status(), v1::STATUS_OK);
        ask({}, mn_at, relay4);
        commands();
    }
    void move_leg() {
        pass(1s);
        const v1::TunnelResponse hint = ask({}, mn_moved, relay4);
        pass(40ms);
        ASSERT_TRUE(ask({.token = hint.token()}, mn_moved, relay4).bound());
    }

    static v1::End probe(const std::string& nonce = "nonce-01", std::size_t pad = 0) {
        v1::End message;
        message.mutable_probe()->set_nonce(nonce);
        message.mutable_probe()->set_pad(std::string(pad, '\0'));
        return message;
    }
    Bytes sealed_end(const v1::End& message, Role role = Role::initiator) {
        return protocol::seal_end(secret_of(Role::initiator), PathId{7}, role, message, random);
    }
};

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

TEST_F(Ends, RequestBindsAndThePathIsReady) {
    direct(dc_a, ending(7, 1));
    commands();
    const Bytes request = sealed_request({});
    arrive(request, mn_at, relay4);
    EXPECT_EQ(commands(), (Commands{ReplacePath{bound(7)}}));
    const auto got = answers(Role::initiator);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_TRUE(got[0].response.bound());
    EXPECT_TRUE(got[0].response.peer_bound());
    EXPECT_LE(got[0].datagram.payload.size(), request.size());
}

// S-4.
TEST_F(Ends, RequestFromElsewhereNeedsAToken) {
    direct(dc_a, ending(7, 1));
    commands();
    const v1::TunnelResponse first = ask({}, stranger, relay4);
    EXPECT_FALSE(first.bound());
    EXPECT_EQ(commands(), Commands{});
    pass(20ms);
    EXPECT_TRUE(ask({.token = first.token()}, stranger, relay4).bound());
}

// S-1: nobody knows a secret of the leg that the path has not, and it is not all zero either.
TEST_F(Ends, ThereIsNoLegOfTheResponder) {
    direct(dc_a, ending(7, 1));
    commands();
    v1::Leg message;
    message.mutable_request()->set_nonce("nonce-01");
    protocol::pad_tunnel_request(*message.mutable_request());
    for (const Secret32& secret : {Secret32{}, secret_of(Role::initiator)}) {
        const Bytes request =
            protocol::seal_leg(secret, PathId{7}, Role::responder, message, random);
        arrive(request, cn_at, relay6);
    }
    EXPECT_EQ(director->counters().unknown_path, 2U);
    EXPECT_THAT(to_nodes, IsEmpty());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Ends, MoveKeepsTheOldSourceForTwoSeconds) {
    make_bound_path();
    move_leg();
    tables::RelayPath path = bound(7);
    path.legs[0] = {true, mn_moved, relay4, mn_at, relay4, hop4};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
    pass(2s);
    path.legs[0].previous_remote.reset();
    path.legs[0].previous_local = {};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

TEST_F(Ends, RouteChangeReachesTheGeneralNodesToo) {
    direct(dc_a, ending(7, 1));
    commands();
    next_hop_ipv4 = 9;
    director->handle_route_change();
    director->walk_routes();
    EXPECT_EQ(ended(7).end->general_nodes[0].next_hop, 9U);
    EXPECT_EQ(commands(), (Commands{ReplacePath{ended(7)}}));
}

TEST_F(Ends, HigherRevisionWithTheSameSecretKeepsBindingAndKeys) {
    make_bound_path();
    const auto keys = keys_of(7);
    v1::RelayDirection next = ending(7, 2);
    next.mutable_end()->mutable_general_nodes()->RemoveLast();
    direct(dc_a, next);
    tables::RelayPath path = bound(7);
    path.end->general_nodes.pop_back();
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
    EXPECT_EQ(keys_of(7), keys);
}

TEST_F(Ends, NewSecretMakesNewKeysAndTheLegHasToBeBoundAnew) {
    make_bound_path();
    const auto keys = keys_of(7);
    direct(dc_a, with_secret(ending(7, 2), 'z'));
    EXPECT_NE(keys_of(7), keys);
    EXPECT_EQ(commands(), (Commands{ReplacePath{ended(7)}}));
    arrive(sealed_request({}), mn_at, relay4);
    EXPECT_EQ(director->counters().bad_leg_tag, 1U) << "under the old secret";
}

// S-10.
TEST_F(Ends, SecretThatComesBackGoesOnCountingWhereItWas) {
    direct(dc_a, ending(7, 1));
    const auto keys = keys_of(7);
    keys->sealing.next_counter = 1234;
    release(dc_a, 7, 1);
    direct(dc_a, ending(7, 2));
    EXPECT_EQ(keys_of(7), keys);
    direct(dc_a, with_secret(ending(7, 3), 'z'));
    EXPECT_NE(keys_of(7), keys);
    direct(dc_a, ending(7, 4));
    EXPECT_EQ(keys_of(7), keys);
    EXPECT_EQ(keys->sealing.next_counter, 1234U);
}

TEST_F(Ends, ProbeIsAnsweredAsLongAsTheNodeIsWhereItIsBound) {
    make_bound_path();
    for (const std::size_t pad : {std::size_t{0}, std::size_t{1200}}) {
        const Bytes asked = sealed_end(probe("nonce-ab", pad));
        arrive(asked, mn_at, relay4);
        ASSERT_EQ(to_nodes.size(), 1U);
        EXPECT_EQ(to_nodes[0].local, relay4);
        EXPECT_EQ(to_nodes[0].remote, mn_at);
        EXPECT_LE(to_nodes[0].payload.size(), asked.size());
        const auto header = protocol::NtmHeader::parse(to_nodes[0].payload);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->role(), Role::responder);
        const auto answer = protocol::open_end(secret_of(Role::initiator), to_nodes[0].payload);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->probe_answer().nonce(), "nonce-ab");
        to_nodes.clear();
    }
    EXPECT_EQ(director->counters().end_probes, 2U);
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Ends, EndFromWhereTheLegIsNotBoundIsCountedAndNotAnswered) {
    direct(dc_a, ending(7, 1));
    arrive(sealed_end(probe()), mn_at, relay4);
    make_bound_path();
    arrive(sealed_end(probe()), stranger, relay4);
    arrive(sealed_end(probe()), mn_at, relay6);
    move_leg();
    to_nodes.clear();
    arrive(sealed_end(probe()), mn_at, relay4);
    EXPECT_EQ(director->counters().foreign_end_source, 4U);
    EXPECT_THAT(to_nodes, IsEmpty());
    arrive(sealed_end(probe()), mn_moved, relay4);
    EXPECT_EQ(director->counters().end_probes, 1U);
}

// S-1.
TEST_F(Ends, EveryFlippedBitMakesAProbeWorthless) {
    make_bound_path();
    const Bytes good = sealed_end(probe());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes flipped = good;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        arrive(flipped, mn_at, relay4);
        EXPECT_THAT(to_nodes, IsEmpty()) << bit;
    }
    EXPECT_GT(director->counters().bad_end_tag, (good.size() - 16) * 8 - 1);
    EXPECT_EQ(director->counters().end_probes, 0U);
}

TEST_F(Ends, EndThatIsNoGoodProbeIsCountedAndNotAnswered) {
    make_bound_path();
    v1::End answer;
    answer.mutable_probe_answer()->set_nonce("nonce-01");
    arrive(sealed_end(answer), mn_at, relay4);
    arrive(sealed_end(probe("short")), mn_at, relay4);
    arrive(sealed_end({}), mn_at, relay4);
    Bytes truncated = sealed_end(probe());
    truncated.resize(40);
    arrive(truncated, mn_at, relay4);
    EXPECT_EQ(director->counters().malformed, 4U);
    arrive(sealed_end(probe(), Role::responder), mn_at, relay4);
    EXPECT_EQ(director->counters().not_for_control, 1U) << "the responder is the relay";
    EXPECT_THAT(to_nodes, IsEmpty());
}

}  // namespace

}  // namespace ntm::control
