// SPDX-License-Identifier: BSD-3-Clause
// The relay's pipeline as the simulation runs it: what it sends is right by a second opinion, and
// its counters balance whatever comes in.
#include "tests/simulation/world/relay_plane.hpp"

#include "common/base/random.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/simulation/world/frames.hpp"
#include "tests/simulation/world/seeds.hpp"

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

const MacAddress own_mac{{2, 0, 0, 0, 0, 1}};
const MacAddress gateway_mac{{2, 0, 0, 0, 0, 2}};
const Endpoint own_ipv4 = *Endpoint::parse("203.0.113.20:9770");
const Endpoint own_ipv6 = *Endpoint::parse("[2001:db8::20]:9770");
const Endpoint initiator = *Endpoint::parse("198.51.100.1:4000");
const Endpoint responder = *Endpoint::parse("[2001:db8:6::11]:9770");
constexpr PathId path_id{0x0102030405060708};

relay::Settings make_settings() {
    relay::Settings settings;
    settings.own = tables::OwnAddresses{{own_ipv4.address, own_ipv6.address}};
    settings.ports = {{own_mac}};
    settings.next_hops = {{{gateway_mac, own_mac}, 0, 1500, true}};
    return settings;
}

tables::RelayPath make_path() {
    tables::RelayPath path{path_id, {}};
    path.leg(Role::initiator) = {true, initiator, own_ipv4, {}, {}, 0};
    path.leg(Role::responder) = {true, responder, own_ipv6, {}, {}, 0};
    return path;
}

Bytes make_data(Role role) {
    protocol::NtmHeader header;
    header.flags = role == Role::responder ? protocol::NtmHeader::flag_role : std::uint8_t{0};
    header.counter = 5;
    header.id = path_id.value;
    Bytes payload(protocol::NtmHeader::size + 64, 0x5a);
    header.write(payload.data());
    return payload;
}

TEST(RelayPlaneTest, data_crosses_from_ipv4_to_ipv6_and_back_unchanged) {
    RelayPlane plane{make_settings(), Secret<16>{}, 1};
    ASSERT_TRUE(plane.table().insert(make_path()));
    const Instant now{std::chrono::hours{1}};
    const FrameHeads heads{gateway_mac, own_mac, 0xb8, 64};
    const Datagram up{initiator, own_ipv4, make_data(Role::initiator)};
    const Datagram down{responder, own_ipv6, make_data(Role::responder)};
    const auto output = plane.receive({build_frame(heads, up), build_frame(heads, down)}, now);
    ASSERT_EQ(output.transmitted.size(), 2U);
    const auto to_responder = open_frame(output.transmitted[0]);
    const auto to_initiator = open_frame(output.transmitted[1]);
    ASSERT_TRUE(to_responder) << to_responder.error();
    ASSERT_TRUE(to_initiator) << to_initiator.error();
    EXPECT_EQ(to_responder->datagram.local, own_ipv6);
    EXPECT_EQ(to_responder->datagram.remote, responder);
    EXPECT_EQ(to_responder->datagram.payload, up.payload);
    EXPECT_EQ(to_responder->heads.hop_limit, 63);
    EXPECT_EQ(to_responder->heads.traffic_class, 0xb8);
    EXPECT_EQ(to_initiator->datagram.local, own_ipv4);
    EXPECT_EQ(to_initiator->datagram.remote, initiator);
    EXPECT_EQ(to_initiator->datagram.payload, down.payload);
    EXPECT_EQ(plane.find_imbalance(), std::nullopt);
}

//
TEST(RelayPlaneTest, counters_balance_whatever_comes_in) {
    for (const std::uint64_t seed : seeds(20)) {
        SCOPED_TRACE(replay_hint(seed));
        SeededRandom random{seed};
        RelayPlane plane{make_settings(), Secret<16>{}, seed};
        ASSERT_TRUE(plane.table().insert(make_path()));
        const FrameHeads heads{gateway_mac, own_mac, 0, 64};
        std::vector<Bytes> frames;
        for (int i = 0; i < 500; ++i) {
            Bytes payload = make_data(random.below(2) == 0 ? Role::initiator : Role::responder);
            payload[0] = static_cast<std::uint8_t>(0x10 + random.below(8));
            Bytes frame = build_frame(heads, {initiator, own_ipv4, payload});
            for (std::uint64_t bad = random.below(4); bad > 0; --bad) {
                frame[random.below(frame.size())] ^= static_cast<std::uint8_t>(random.below(256));
            }
            frame.resize(random.below(4) == 0 ? random.below(frame.size() + 1) : frame.size());
            frames.push_back(std::move(frame));
        }
        const auto output = plane.receive(frames, Instant{std::chrono::hours{1}});
        ASSERT_EQ(plane.find_imbalance(), std::nullopt);
        EXPECT_EQ(plane.counters().received.value(), frames.size());
        EXPECT_GT(output.transmitted.size(), 0U);
        for (const Bytes& frame : output.transmitted) {
            EXPECT_GE(frame.size(), 14U);
        }
    }
}

}  // namespace
}  // namespace ntm::simulation
