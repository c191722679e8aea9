// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/director_world.hpp"

#include <algorithm>

#include <gmock/gmock.h>

namespace ntm::control {

namespace {

using namespace std::chrono_literals;
using Commands = std::vector<DirectorCommand>;
using Signals = DirectorWorld;

v1::Signal directions_with(const v1::Fence& fence, const v1::RelayDirection& direction) {
    v1::Signal message;
    *message.mutable_relay_directions()->mutable_fence() = fence;
    *message.mutable_relay_directions()->add_directions() = direction;
    return message;
}

TEST_F(Signals, RelayRegistersAtEachDcWithItsAddressesAndCapacity) {
    for (const FakeDc* dc : {&dc_a, &dc_b}) {
        ASSERT_EQ(dc->registrations.size(), 1U);
        EXPECT_EQ(dc->registrations[0].name(), "rs1");
        EXPECT_EQ(dc->registrations[0].addresses_size(), 2);
        EXPECT_EQ(dc->registrations[0].capacity_paths(), capacity);
        EXPECT_EQ(dc->registrations[0].dc_boot_id(), 0U);
    }
    const std::vector<DirectorEvent> expected{
        {DirectorEvent::Kind::dc_reached, "a", "0"}, {DirectorEvent::Kind::dc_reached, "b", "0"}};
    EXPECT_EQ(director->take_events(), expected);
}

TEST_F(Signals, StatusGoesOutEvery300MillisecondsWithFenceAndLoad) {
    director->set_load({11, 22, 33});
    direct(dc_a, direction(7, 1));
    pass(3s);
    EXPECT_GE(dc_a.statuses.size(), 9U);
    EXPECT_LE(dc_a.statuses.size(), 11U);
    const v1::RsStatus& last = dc_a.statuses.back();
    EXPECT_EQ(last.fence().SerializeAsString(), fence(dc_a).SerializeAsString());
    EXPECT_EQ(last.paths(), 1U);
    EXPECT_EQ(last.packets_per_second(), 11U);
    EXPECT_EQ(last.bits_per_second(), 22U);
    EXPECT_EQ(last.busiest_worker_permille(), 33U);
    EXPECT_FALSE(last.has_napt());
    EXPECT_EQ(dc_b.statuses.back().paths(), 0U);
}

TEST_F(Signals, StatusTellsHowFullTheNaptIs) {
    DirectorLoad load;
    load.napt.emplace().mutable_ports_ipv4()->set_used(256);
    director->set_load(load);
    pass(1s);
    EXPECT_EQ(dc_a.statuses.back().napt().ports_ipv4().used(), 256U);
}

// F-25: DCs come and go in a running relay.
TEST_F(Signals, ADcThatIsTakenAwayIsNotFollowedAndItsPathsStay) {
    direct(dc_a, direction(7, 1));
    direct(dc_b, direction(8, 1));
    commands();
    director->set_dcs({{"b", dc_b.key_pair.public_key(), {dc_b.endpoint}}}, now);
    run();
    ASSERT_EQ(director->dcs().size(), 1U);
    EXPECT_EQ(director->dcs()[0].name(), "b");
    EXPECT_TRUE(director->dcs()[0].is_registered()) << "the other DC is left alone";
    EXPECT_NE(director->paths().find(PathId{7}), nullptr);
    EXPECT_THAT(commands(), testing::IsEmpty());
    const auto id = dc_a.signaling->send_request(
        relay_key.public_key(),
        directions_with(fence(dc_a), direction(9, 1)),
        protocol::OnNewBoot::fail,
        now
    );
    pass(12s);
    EXPECT_FALSE(dc_a.answers.contains(id));
    EXPECT_EQ(director->paths().find(PathId{9}), nullptr);
    EXPECT_EQ(dc_b.registrations.size(), 1U);
    // And back.
    director->set_dcs(
        {{"b", dc_b.key_pair.public_key(), {dc_b.endpoint}},
         {"a", dc_a.key_pair.public_key(), {dc_a.endpoint}}},
        now
    );
    pass(12s);
    EXPECT_TRUE(director->dcs().at(1).is_registered());
    EXPECT_EQ(dc_a.registrations.back().paths(), 1U) << "the path that stayed";
}

TEST_F(Signals, TheSameDcsAreLeftAlone) {
    const std::uint64_t changes = director->signaling().session_changes();
    director->set_dcs(
        {{"a", dc_a.key_pair.public_key(), {dc_a.endpoint}},
         {"b", dc_b.key_pair.public_key(), {dc_b.endpoint}}},
        now
    );
    EXPECT_THAT(director->take_datagrams(), testing::IsEmpty());
    EXPECT_EQ(director->signaling().session_changes(), changes);
    dc_a.endpoint = at("203.0.113.77:9770");
    director->set_dcs(
        {{"a", dc_a.key_pair.public_key(), {dc_a.endpoint}},
         {"b", dc_b.key_pair.public_key(), {dc_b.endpoint}}},
        now
    );
    run();
    const std::size_t statuses = dc_a.statuses.size();
    pass(15s);
    EXPECT_GT(dc_a.statuses.size(), statuses) << "it is heard where it has moved to";
    EXPECT_EQ(director->signaling().endpoint_of(dc_a.key_pair.public_key()), dc_a.endpoint);
}

// F-37.
TEST_F(Signals, DcsLearnThatTheRelayDrainsAndThatItDoesSoNoLonger) {
    pass(400ms);
    EXPECT_FALSE(dc_a.statuses.back().is_draining());
    director->set_draining(true);
    pass(400ms);
    EXPECT_TRUE(dc_a.statuses.back().is_draining());
    EXPECT_TRUE(dc_b.statuses.back().is_draining());
    EXPECT_EQ(direct(dc_a, direction(7, 1)).status(), v1::STATUS_OK) << "what comes all the same";
    director->set_draining(false);
    pass(400ms);
    EXPECT_FALSE(dc_a.statuses.back().is_draining());
}

TEST_F(Signals, WorkersAreToldTheSessionsAtWhichSignalIsAccepted) {
    EXPECT_FALSE(sessions.empty());
    EXPECT_THAT(sessions, testing::UnorderedElementsAreArray(director->signaling().session_ids()));
}

TEST_F(Signals, WorkersAreToldTheNoncesOfHandshakesUnderWay) {
    EXPECT_THAT(cookie_nonces, testing::IsEmpty());
    dc_a.is_up = false;
    pass(15s);
    commands();
    ASSERT_THAT(cookie_nonces, testing::Not(testing::IsEmpty()));
    for (const std::uint64_t nonce : cookie_nonces) {
        EXPECT_TRUE(director->signaling().owns_cookie(nonce));
    }
    EXPECT_EQ(cookie_nonces.size(), director->signaling().cookie_nonces().size());
    dc_a.is_up = true;
    pass(15s);
    commands();
    EXPECT_THAT(cookie_nonces, testing::IsEmpty());
}

TEST_F(Signals, TokenOfTheDataPlaneCountsInAHandshake) {
    // So many strangers that the relay demands tokens of all.
    Bytes message_1(200);
    message_1[0] = 0x13;
    for (int i = 0; i < 500; ++i) {
        arrive(message_1, stranger, relay4);
    }
    EXPECT_TRUE(to_nodes.empty());
    arrive(message_1, stranger, relay4);
    EXPECT_EQ(to_nodes.size(), 1U);
    crypto::TokenMint data_plane{token_key};
    std::ranges::copy(
        data_plane.mint(stranger, now), message_1.begin() + protocol::NtmHeader::size
    );
    arrive(message_1, stranger, relay4);
    EXPECT_EQ(to_nodes.size(), 1U);
    EXPECT_EQ(director->signaling().counters().token_demanded, 1U);
    EXPECT_EQ(director->signaling().counters().bad_handshake, 501U) << "opened, and a stranger's";
}

TEST_F(Signals, DirectionInstallsAnUnboundPath) {
    v1::Signal answer = order(dc_a, directions_with(fence(dc_a), direction(7, 1)));
    ASSERT_EQ(answer.relay_responses().responses_size(), 1);
    EXPECT_EQ(answer.relay_responses().responses(0).status(), v1::STATUS_OK);
    EXPECT_EQ(answer.relay_responses().addresses_size(), 2);
    EXPECT_EQ(commands(), (Commands{InstallPath{unbound(7)}}));
}

// F-44.
TEST_F(Signals, OrderWithAnotherTermOrBootIdIsStale) {
    for (int wrong = 0; wrong < 5; ++wrong) {
        v1::Fence bad = fence(dc_a);
        switch (wrong) {
            case 0:
                bad.set_dc_term(0);
                break;
            case 1:
                bad.set_dc_term(2);
                break;
            case 2:
                bad.set_dc_boot_id(0xdead);
                break;
            case 3:
                bad.set_rs_boot_id(0xdead);
                break;
            default:
                bad.Clear();
                break;
        }
        EXPECT_EQ(order(dc_a, directions_with(bad, direction(7, 1))).status(), v1::STATUS_STALE);
        v1::Signal release;
        *release.mutable_path_release()->mutable_fence() = bad;
        release.mutable_path_release()->set_path_id(7);
        EXPECT_EQ(order(dc_a, std::move(release)).status(), v1::STATUS_STALE);
    }
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(director->paths().size(), 0U);
}

TEST_F(Signals, NewRunOfADcWithAHigherTermIsFollowedAndPathsStay) {
    direct(dc_a, direction(7, 1));
    commands();
    dc_a.start(0xa2, 2, random);
    dc_a.signaling->add_peer(relay_key.public_key(), protocol::PeerKind::relay);
    pass(15s);
    ASSERT_GE(dc_a.registrations.size(), 2U);
    EXPECT_EQ(dc_a.registrations.back().dc_boot_id(), 0xa1U);
    EXPECT_EQ(dc_a.registrations.back().paths(), 1U);
    EXPECT_EQ(direct(dc_a, direction(7, 2)).status(), v1::STATUS_OK);
    EXPECT_EQ(direct(dc_a, direction(8, 1)).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), (Commands{InstallPath{unbound(8)}}));
}

TEST_F(Signals, RepeatedRevisionChangesNothingAndRenewsTheLifetime) {
    v1::RelayDirection one = direction(7, 5);
    one.set_lifetime_seconds(100);
    direct(dc_a, one);
    commands();
    pass(60s);
    EXPECT_EQ(direct(dc_a, one).status(), v1::STATUS_OK);
    pass(60s);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(director->paths().size(), 1U);
    pass(60s);
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{7}}}));
}

TEST_F(Signals, LowerRevisionIsStale) {
    direct(dc_a, direction(7, 5));
    commands();
    const v1::RelayResponse response = direct(dc_a, direction(7, 4));
    EXPECT_EQ(response.status(), v1::STATUS_STALE);
    EXPECT_EQ(response.revision(), 5U);
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Signals, HigherRevisionKeepsLegsWhoseSecretStays) {
    make_open_path();
    v1::RelayDirection next = direction(7, 2);
    *next.mutable_legs(0)->mutable_proven() = to_message(mn_moved);
    EXPECT_EQ(direct(dc_a, next).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), Commands{});
    next.set_revision(3);
    next.mutable_legs(0)->set_leg_secret(std::string(32, 'z'));
    EXPECT_EQ(direct(dc_a, next).status(), v1::STATUS_OK);
    tables::RelayPath path = open_path();
    path.legs[0] = {};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

TEST_F(Signals, PathIdOfAnotherPathIsTaken) {
    direct(dc_a, direction(7, 1));
    commands();
    EXPECT_EQ(direct(dc_b, direction(7, 2)).status(), v1::STATUS_PATH_ID_TAKEN);
    v1::RelayDirection other = direction(7, 1);
    other.mutable_legs(1)->set_leg_secret(std::string(32, 'z'));
    EXPECT_EQ(direct(dc_a, other).status(), v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(director->paths().find(PathId{7})->dc, dc_a.key_pair.public_key());
}

// F-34.
TEST_F(Signals, FullRelayTakesNoMorePaths) {
    for (std::uint64_t id = 1; id <= capacity; ++id) {
        EXPECT_EQ(direct(dc_a, direction(id, 1)).status(), v1::STATUS_OK);
    }
    commands();
    EXPECT_EQ(direct(dc_a, direction(99, 1)).status(), v1::STATUS_FULL);
    EXPECT_EQ(direct(dc_a, direction(1, 2)).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), Commands{});
}

// F-6, S-16.
TEST_F(Signals, MalformedDirectionIsRefusedWholeAndOthersOfItsMessageStand) {
    using Spoil = std::function<void(v1::RelayDirection&)>;
    const std::vector<Spoil> spoilers{
        [](auto& one) { one.set_path_id(0); },
        [](auto& one) { one.set_lifetime_seconds(0); },
        [](auto& one) { one.set_lifetime_seconds(10'000'000); },
        [](auto& one) { one.set_mode(static_cast<v1::RelayMode>(1)); },
        [](auto& one) { one.mutable_legs()->RemoveLast(); },
        [](auto& one) { *one.add_legs() = one.legs(0); },
        [](auto& one) { one.mutable_legs(1)->set_role(v1::ROLE_INITIATOR); },
        [](auto& one) { one.mutable_legs(1)->set_leg_secret("short"); },
        [](auto& one) { one.mutable_legs(1)->set_leg_secret(std::string(32, '\0')); },
        [](auto& one) { one.mutable_legs(0)->mutable_proven()->set_port(0); },
        [](auto& one) { one.mutable_legs(0)->mutable_proven()->set_port(65536); },
        [](auto& one) { one.mutable_legs(0)->mutable_proven()->set_ip("abc"); },
        [](auto& one) { *one.mutable_legs(0)->mutable_proven() = to_message(at("224.0.0.1:9")); },
        [](auto& one) { *one.mutable_legs(0)->mutable_proven() = to_message(at("127.0.0.1:9")); },
    };
    for (std::size_t i = 0; i < spoilers.size(); ++i) {
        v1::Signal message = directions_with(fence(dc_a), direction(7, 1));
        spoilers[i](*message.mutable_relay_directions()->mutable_directions(0));
        *message.mutable_relay_directions()->add_directions() =
            direction(8, static_cast<std::uint32_t>(i) + 1);
        const v1::Signal answer = order(dc_a, std::move(message));
        ASSERT_EQ(answer.relay_responses().responses_size(), 2) << i;
        EXPECT_EQ(answer.relay_responses().responses(0).status(), v1::STATUS_BAD_REQUEST) << i;
        EXPECT_FALSE(answer.relay_responses().responses(0).text().empty()) << i;
        EXPECT_EQ(answer.relay_responses().responses(1).status(), v1::STATUS_OK) << i;
    }
    EXPECT_EQ(commands(), (Commands{InstallPath{unbound(8)}}));
}

// F-5, F-8.
TEST_F(Signals, ReleaseRemovesThePathAndItsTombstoneKeepsLateDirectionsOut) {
    direct(dc_a, direction(7, 3));
    commands();
    EXPECT_EQ(release(dc_a, 7, 2), v1::STATUS_STALE);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(release(dc_a, 7, 4), v1::STATUS_OK);
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{7}}}));
    EXPECT_EQ(release(dc_a, 7, 4), v1::STATUS_OK);
    EXPECT_EQ(direct(dc_a, direction(7, 3)).status(), v1::STATUS_STALE);
    EXPECT_EQ(direct(dc_a, direction(7, 3)).revision(), 4U);
    EXPECT_EQ(direct(dc_a, direction(7, 4)).status(), v1::STATUS_STALE);
    EXPECT_EQ(direct(dc_b, direction(7, 9)).status(), v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(direct(dc_a, direction(7, 5)).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), (Commands{InstallPath{unbound(7)}}));
}

TEST_F(Signals, TombstoneIsForgottenAfterAMinute) {
    EXPECT_EQ(release(dc_a, 7, 4), v1::STATUS_OK);
    EXPECT_EQ(direct(dc_a, direction(7, 4)).status(), v1::STATUS_STALE);
    pass(61s);
    EXPECT_EQ(direct(dc_a, direction(7, 1)).status(), v1::STATUS_OK);
}

TEST_F(Signals, AnotherDcsReleaseIsRefused) {
    direct(dc_a, direction(7, 1));
    commands();
    EXPECT_EQ(release(dc_b, 7, 9), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(director->paths().size(), 1U);
}

TEST_F(Signals, OtherRequestsAreNotPermitted) {
    v1::Signal message;
    message.mutable_keep_alive();
    EXPECT_EQ(order(dc_a, std::move(message)).status(), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Signals, SilentDcIsReportedOnceAndItsReturnToo) {
    static_cast<void>(director->take_events());
    dc_a.is_up = false;
    pass(60s);
    const std::vector<DirectorEvent> gone{{DirectorEvent::Kind::dc_unreachable, "a", ""}};
    EXPECT_EQ(director->take_events(), gone);
    EXPECT_FALSE(director->dcs()[0].is_reachable());
    EXPECT_TRUE(director->dcs()[1].is_reachable());
    dc_a.is_up = true;
    pass(10s);
    const auto events = director->take_events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, DirectorEvent::Kind::dc_reached);
}

TEST_F(Signals, PathThatTheTableRefusesIsGivenBackToItsDc) {
    direct(dc_a, direction(7, 3));
    director->handle_table_full(PathId{7}, now);
    run();
    ASSERT_EQ(dc_a.releases.size(), 1U);
    EXPECT_EQ(dc_a.releases[0].path_id(), 7U);
    EXPECT_EQ(dc_a.releases[0].revision(), 3U);
    EXPECT_EQ(director->paths().size(), 0U);
}

}  // namespace

}  // namespace ntm::control
