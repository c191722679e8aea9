// SPDX-License-Identifier: BSD-3-Clause
// S-14: what the DC takes a datagram for before anything is spent on it, and that strangers' junk neither
// delays nor displaces what belongs to sessions.
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "dc/intake.hpp"
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

using protocol::NtmHeader;
using protocol::PacketType;

class ReceptionTest : public Lab {
  protected:
    Datagram of_stranger(Bytes payload) {
        return {world.dc_at, endpoint("192.0.2.77:1"), std::move(payload)};
    }
    Datagram of_stranger(PacketType type, std::uint64_t id = 1, std::uint8_t flags = 0) {
        NtmHeader header;
        header.type = type;
        header.flags = flags;
        header.id = id;
        Bytes payload(200);
        header.write(payload.data());
        return of_stranger(std::move(payload));
    }
    Arrival sort(const Datagram& datagram) { return world.dc->sort(datagram, world.now); }
    [[nodiscard]] CoordinatorCounters counters() const { return world.dc->counters(); }
    [[nodiscard]] const Relay& known_relay() {
        return *world.dc->context().registry.find_relay(relay.key());
    }

    // As the daemon does it.
    void come(Datagram datagram) {
        const Arrival arrival = sort(datagram);
        intake.add(arrival, std::move(datagram), world.now);
    }
    void come_all_of_relay() {
        for (Datagram& datagram : relay.signaling->take_datagrams()) {
            come({world.dc_at, relay.outside, std::move(datagram.payload)});
        }
    }
    void serve() {
        for (const Datagram& datagram : intake.take(world.now)) {
            world.dc->handle_datagram(datagram, world.now);
        }
        for (Datagram& datagram : world.dc->take_datagrams()) {
            if (datagram.remote == relay.outside) {
                relay.signaling->handle_datagram(
                    {{}, world.dc_at, std::move(datagram.payload)}, world.now
                );
            }
        }
    }
    std::uint64_t send_status() {
        v1::Signal status;
        *status.mutable_rs_status()->mutable_fence() = world.fence(relay);
        return relay.signaling->send_request(
            world.dc_keys.public_key(), std::move(status), protocol::OnNewBoot::fail, world.now
        );
    }
    bool is_answered(std::uint64_t id) {
        for (const protocol::SignalingEvent& event : relay.signaling->take_events()) {
            const auto* answer = std::get_if<protocol::AnswerReceived>(&event);
            if (answer != nullptr && answer->id == id) {
                return true;
            }
        }
        return false;
    }

    Intake intake;
};

TEST_F(ReceptionTest, RefusesAndCountsWhatIsForNobodyHere) {
    EXPECT_EQ(sort(of_stranger(Bytes(15, 0x12))), Arrival::refused);
    EXPECT_EQ(sort(of_stranger(Bytes(64, 0xff))), Arrival::refused);
    EXPECT_EQ(counters().bad_header, 2U);
    for (const PacketType type : {PacketType::data, PacketType::leg, PacketType::end}) {
        EXPECT_EQ(sort(of_stranger(type)), Arrival::refused);
    }
    EXPECT_EQ(sort(of_stranger(PacketType::cookie, 0, NtmHeader::flag_answer)), Arrival::refused);
    EXPECT_EQ(counters().not_for_a_dc, 4U);
    EXPECT_EQ(sort(of_stranger(PacketType::signal)), Arrival::refused);
    EXPECT_EQ(
        sort(of_stranger(PacketType::handshake, 1, NtmHeader::flag_answer)), Arrival::refused
    );
    EXPECT_EQ(counters().signaling.unknown_session, 2U);
    EXPECT_EQ(counters().signaling.received, 2U);
}

TEST_F(ReceptionTest, TellsAsksFromEachOtherAndCountsThemWhenTheyAreServed) {
    EXPECT_EQ(sort(of_stranger(PacketType::handshake, 0)), Arrival::handshake);
    EXPECT_EQ(sort(of_stranger(protocol::build_cookie_ask(5))), Arrival::cookie_ask);
    EXPECT_EQ(counters().signaling.received, 0U);
    EXPECT_EQ(counters().cookies_answered, 0U);
}

TEST_F(ReceptionTest, KnowsWhatBelongsToASession) {
    register_all();
    for (const SessionId id : world.dc->context().signaling.session_ids()) {
        EXPECT_EQ(sort(of_stranger(PacketType::signal, id.value)), Arrival::of_session);
        EXPECT_EQ(sort(of_stranger(PacketType::signal, id.value + 1)), Arrival::refused);
    }
}

TEST_F(ReceptionTest, KnowsAnswersToItsOwnHandshakes) {
    register_all();
    ASSERT_TRUE(world.restart_dc());
    mn.is_reachable = false;
    world.settle();
    const auto nonces = world.dc->context().signaling.cookie_nonces();
    ASSERT_FALSE(nonces.empty());
    protocol::CookieAnswer answer;
    answer.nonce = nonces.front();
    answer.outside = world.dc_at;
    EXPECT_EQ(sort(of_stranger(protocol::build_cookie_answer(answer))), Arrival::of_session);
    const auto ids = world.dc->context().signaling.session_ids();
    ASSERT_FALSE(ids.empty());
    EXPECT_EQ(
        sort(of_stranger(PacketType::handshake, ids.front().value, NtmHeader::flag_answer)),
        Arrival::of_session
    );
}

// Many times more of each kind than a turn serves.
TEST_F(ReceptionTest, ServesSessionsAtOnceBesideAFloodOfJunk) {
    register_all();
    const CoordinatorCounters before = counters();
    constexpr std::uint64_t turns = 500;
    constexpr std::uint64_t of_each = 100;
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
        for (std::uint64_t i = 0; i < of_each; ++i) {
            come(of_stranger(Bytes(64)));
            come(of_stranger(PacketType::data));
            come(of_stranger(PacketType::signal));
            come(of_stranger(PacketType::handshake, 0));
            come(of_stranger(protocol::build_cookie_ask(i)));
        }
        const bool has_status = turn % 30 == 0;
        const std::uint64_t id = has_status ? send_status() : 0;
        come_all_of_relay();
        serve();
        EXPECT_TRUE(!has_status || is_answered(id)) << "turn " << turn;
        world.now = world.now + 10ms;
        world.dc->handle_timeout(world.now);
        ASSERT_TRUE(known_relay().is_alive) << "turn " << turn;
    }
    EXPECT_EQ(counters().bad_header - before.bad_header, turns * of_each);
    EXPECT_EQ(counters().not_for_a_dc - before.not_for_a_dc, turns * of_each);
    EXPECT_EQ(
        counters().signaling.unknown_session - before.signaling.unknown_session, turns * of_each
    );
    EXPECT_GT(intake.counters().handshakes_given_up, 0U);
    EXPECT_GT(intake.counters().cookies_given_up, 0U);
}

TEST_F(ReceptionTest, TakesNoRelayForSilentWhileSomethingOfSessionsWaits) {
    register_all();
    static_cast<void>(lines_with(""));
    const Instant silent_at = known_relay().last_heard + world.settings.timing.relay_silence;
    world.now = silent_at + 1s;
    world.dc->handle_timeout(world.now, Coordinator::Unheard::something);
    EXPECT_TRUE(known_relay().is_alive);
    static_cast<void>(send_status());
    come_all_of_relay();
    serve();
    world.dc->handle_timeout(world.now);
    EXPECT_TRUE(known_relay().is_alive);
    EXPECT_TRUE(lines_with("silent").empty());
    world.now = world.now + world.settings.timing.relay_silence;
    world.dc->handle_timeout(world.now);
    EXPECT_FALSE(known_relay().is_alive);
}

TEST_F(ReceptionTest, TakesNoRelayForGoneAfterAStartWhileSomethingOfSessionsWaits) {
    register_all();
    ASSERT_TRUE(world.restart_dc());
    world.now = world.now + 6s;
    world.dc->handle_timeout(world.now, Coordinator::Unheard::something);
    EXPECT_TRUE(known_relay().is_expected);
    world.dc->handle_timeout(world.now);
    EXPECT_FALSE(known_relay().is_expected);
}

}  // namespace
}  // namespace ntm::dc::test
