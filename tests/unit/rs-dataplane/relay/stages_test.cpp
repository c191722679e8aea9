// SPDX-License-Identifier: BSD-3-Clause
// Stages one by one, as far as the vectors do not show them: limits over time, the answer's bytes,
// and that classify's short way and its long way agree.
#include "common/base/random.hpp"
#include "common/packet/checksum.hpp"
#include "common/protocol/cookie.hpp"
#include "rs-dataplane/relay/admit_punts.hpp"
#include "rs-dataplane/relay/answer_cookie.hpp"
#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/rate_limit.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace ntm::relay::testing {
namespace {

using std::chrono::milliseconds;

Instant at_ms(std::int64_t after) {
    return Instant{std::chrono::seconds{1000} + milliseconds{after}};
}

// LEG packets of one path, as they are behind find_path: how many of them are punted.
int punt_legs(PuntBuckets& buckets, PathId id, int count, const Settings& now_set, Instant now) {
    int punted = 0;
    for (int i = 0; i < count; ++i) {
        Burst burst{};
        Lane lane;
        lane.clear();
        lane.add(0);
        burst.count = 1;
        burst.packets[0].path_id = id;
        burst.packets[0].punt_class = static_cast<std::uint8_t>(PuntClass::leg);
        admit_punts(burst, lane, buckets, now_set, now);
        punted += burst.packets[0].fate == Fate::punt ? 1 : 0;
    }
    return punted;
}

// S-14.
TEST(AdmitPunts, JunkThatNamesOnePathLeavesTheOthersTheirLegBudget) {
    const auto buckets = std::make_unique<PuntBuckets>(99);
    const Settings now = settings();
    const auto own = static_cast<int>(now.legs_per_path.burst);
    const auto all = static_cast<int>(now.punt_budgets[0].burst);
    EXPECT_EQ(punt_legs(*buckets, path, 10 * all, now, at_ms(0)), own);
    for (std::uint64_t other = 1; other <= 50; ++other) {
        EXPECT_EQ(punt_legs(*buckets, {path.value + other}, 2, now, at_ms(0)), 2) << other;
    }
    EXPECT_EQ(punt_legs(*buckets, path, own, now, at_ms(1000)), 10) << "its rate";
}

TEST(AdmitPunts, PathsTogetherKeepTheLegBudget) {
    const auto buckets = std::make_unique<PuntBuckets>(99);
    Settings now = settings();
    now.punt_budgets[0] = {100, 60};
    EXPECT_EQ(punt_legs(*buckets, {1}, 100, now, at_ms(0)), 40);
    EXPECT_EQ(punt_legs(*buckets, {2}, 100, now, at_ms(0)), 20);
}

// How many of so many handshakes, or SIGNAL packets, of that source are punted.
int punt_from(
    PuntBuckets& buckets, PuntClass punt_class, const IpAddress& source, int count, Instant now
) {
    int punted = 0;
    for (int i = 0; i < count; ++i) {
        FramedPacket framed{data_from({source, Port{4000}}).ntm({0}, 3).payload_of(132).build()};
        Burst burst{};
        Lanes lanes;
        burst.packets[0] = framed.packet;
        burst.count = 1;
        classify(burst, lanes, settings());
        burst.packets[0].punt_class = static_cast<std::uint8_t>(punt_class);
        admit_punts(burst, lanes.punt, buckets, settings(), now);
        punted += burst.packets[0].fate == Fate::punt ? 1 : 0;
    }
    return punted;
}

TEST(AdmitPunts, NoHostHasHandshakesToItself) {
    const auto buckets = std::make_unique<PuntBuckets>(99);
    constexpr PuntClass handshake = PuntClass::handshake;
    EXPECT_EQ(punt_from(*buckets, handshake, address("192.0.2.1"), 500, at_ms(0)), 50);
    EXPECT_EQ(punt_from(*buckets, handshake, address("192.0.2.2"), 10, at_ms(0)), 10);
    EXPECT_EQ(punt_from(*buckets, handshake, address("2001:db8::1"), 500, at_ms(0)), 50);
    EXPECT_EQ(punt_from(*buckets, handshake, address("2001:db8::2"), 10, at_ms(0)), 0) << "one /64";
    EXPECT_EQ(punt_from(*buckets, handshake, address("192.0.2.1"), 500, at_ms(200)), 20);
}

TEST(AdmitPunts, NoHostHasSignalsToItself) {
    const auto buckets = std::make_unique<PuntBuckets>(99);
    EXPECT_EQ(punt_from(*buckets, PuntClass::signal, address("192.0.2.1"), 3000, at_ms(0)), 1000);
    EXPECT_EQ(punt_from(*buckets, PuntClass::signal, address("192.0.2.2"), 100, at_ms(0)), 100);
}

TEST(NetworkLimiter, CountsAnIpv4SixteenAndAnIpv6ThirtyTwoAsOne) {
    const auto limiter = std::make_unique<NetworkLimiter>(99);
    const Budget one{1, 1};
    EXPECT_TRUE(limiter->take(address("192.0.2.1"), one, at_ms(0)));
    EXPECT_FALSE(limiter->take(address("192.0.255.9"), one, at_ms(0)));
    EXPECT_TRUE(limiter->take(address("192.1.2.1"), one, at_ms(0)));
    EXPECT_TRUE(limiter->take(address("2001:db8:1::1"), one, at_ms(0)));
    EXPECT_FALSE(limiter->take(address("2001:db8:ffff::1"), one, at_ms(0)));
    EXPECT_TRUE(limiter->take(address("2001:db9:1::1"), one, at_ms(0)));
}

class CookieFlood : public ::testing::Test {
  protected:
    // Whether an ask from there is answered.
    bool ask(const IpAddress& source, Instant at, Port port = Port{4000}) {
        FramedPacket framed{data_from({source, port}).ntm({0}, 4).payload_of(56).build()};
        burst_.packets[0] = framed.packet;
        burst_.count = 1;
        Lanes lanes;
        classify(burst_, lanes, settings_);
        answerer_->answer(burst_, lanes.cookie, settings_, at);
        return burst_.packets[0].fate == Fate::transmit;
    }
    // An IPv4 address made up.
    IpAddress made_up(std::uint32_t first, std::uint32_t count) {
        std::array<std::uint8_t, 4> bytes;
        store(
            bytes.data(), Be32::from_host(first + static_cast<std::uint32_t>(random_.below(count)))
        );
        return *IpAddress::from_bytes(bytes);
    }
    Settings settings_ = settings();
    Burst burst_{};
    SeededRandom random_{7};
    const Secret<16> key_{};
    std::unique_ptr<CookieAnswerer> answerer_ = std::make_unique<CookieAnswerer>(key_, 5);
};

TEST_F(CookieFlood, SourcesMadeUpInOneNetworkCostTheOthersNothing) {
    settings_.cookies_per_network = {1000, 100};
    settings_.cookies = {4000, 400};
    int junk = 0;
    // Enough to empty each source's bucket, if they came so far.
    for (int ms = 0; ms < 1000; ++ms) {
        for (int i = 0; i < 200; ++i) {
            junk += ask(made_up(0x0a140000, 0x10000), at_ms(ms)) ? 1 : 0;
        }
        if (ms % 20 == 0) {
            EXPECT_TRUE(ask(mn4.address, at_ms(ms))) << ms;
            EXPECT_TRUE(ask(mn6.address, at_ms(ms))) << ms;
        }
    }
    EXPECT_NEAR(junk, 1100, 10);
}

// S-5, S-6.
TEST_F(CookieFlood, SourcesMadeUpAnywhereCostNothingAtHalfAMillionASecond) {
    for (int ms = 0; ms < 1000; ++ms) {
        for (int i = 0; i < 500; ++i) {
            ask(made_up(0x0b000000, 0x70000000), at_ms(ms));
        }
        if (ms % 20 == 0) {
            EXPECT_TRUE(ask(mn4.address, at_ms(ms))) << ms;
        }
    }
}

// Behind a carrier's NAT a thousand nodes have one address, and each asks every 300 ms until it hears
// from the relay.
TEST_F(CookieFlood, ThousandNodesBehindOneIpv4AddressAreAnswered) {
    constexpr int nodes = 1000;
    constexpr int pause_ms = 300;
    for (int round = 0; round < 10; ++round) {
        for (int node = 0; node < nodes; ++node) {
            const Port port{static_cast<std::uint16_t>(1024 + node)};
            const int ms = round * pause_ms + node * pause_ms / nodes;
            ASSERT_TRUE(ask(mn4.address, at_ms(ms), port)) << "round " << round << " node " << node;
        }
    }
}

TEST_F(CookieFlood, OneSourceHasALimitWhateverItsPort) {
    for (const IpAddress& source : {mn4.address, mn6.address}) {
        int answered = 0;
        for (int i = 0; i < 60'000; ++i) {
            answered += ask(source, at_ms(0), Port{static_cast<std::uint16_t>(1024 + i)}) ? 1 : 0;
        }
        const Budget& budget = source.is_ipv4() ? settings_.cookies_per_ipv4_source
                                                : settings_.cookies_per_ipv6_source;
        EXPECT_EQ(answered, static_cast<int>(budget.burst));
    }
}

TEST_F(CookieFlood, AllTogetherKeepTheirBudget) {
    settings_.cookies = {10, 30};
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        answered += ask(made_up(0x0b000000, 0x70000000), at_ms(0)) ? 1 : 0;
    }
    EXPECT_EQ(answered, 30);
}

class CookieOver : public ::testing::TestWithParam<Endpoint> {};

TEST_P(CookieOver, IsTurnedRoundWithATokenForItsSource) {
    const Endpoint node = GetParam();
    const Secret<16> key;
    const Bytes ask_datagram = protocol::build_cookie_ask(77);
    FramedPacket framed{data_from(node)
                            .ntm({0}, 4)
                            .payload(ByteView{ask_datagram}.subspan(16))
                            .traffic_class(0x03)
                            .build()};
    const std::size_t asked = framed.packet.length;
    Burst burst{};
    burst.packets[0] = framed.packet;
    burst.count = 1;
    Lanes lanes;
    classify(burst, lanes, settings());
    ASSERT_EQ(lanes.cookie.size(), 1U);
    CookieAnswerer answerer{key, 5};
    answerer.answer(burst, lanes.cookie, settings(), at_ms(0));
    const Packet& packet = burst.packets[0];
    ASSERT_EQ(packet.fate, Fate::transmit);
    EXPECT_EQ(packet.length, asked);
    const auto answer = protocol::parse_cookie_answer(packet.bytes().subspan(packet.udp_at + 8U));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->nonce, 77U);
    EXPECT_EQ(answer->boot_id, settings().boot_id);
    EXPECT_EQ(answer->outside, node);
    crypto::TokenMint mint{key};
    EXPECT_TRUE(mint.check(answer->token, node, at_ms(10)));
    // The whole frame, but for what is inside the datagram.
    const Endpoint rs = node.address.is_ipv4() ? rs4 : rs6;
    PacketBuilder expected = eth()
                                 .from_mac(rs_mac0)
                                 .to_mac(router0)
                                 .ip(rs.address, node.address)
                                 .udp(rs.port.number, node.port.number)
                                 .payload(packet.bytes().subspan(packet.udp_at + 8U));
    if (node.address.is_ipv4()) {
        expected.fragment_field(0x4000);
    }
    EXPECT_EQ(Bytes(packet.begin, packet.begin + packet.length), expected.build());
}

INSTANTIATE_TEST_SUITE_P(Families, CookieOver, ::testing::Values(mn4, mn6));

TEST(Finish, WritesTheNextHopsFrame) {
    FramedPacket framed{data_from(mn4).build()};
    const Settings now = settings();
    const tables::RelayEntry entry = tables::compile_entry(bound_path(mn4, cn4), now.own);
    framed.packet.passage = &entry.passages[0];
    ASSERT_EQ(finish(framed.packet, now.next_hops), DropReason::none);
    EXPECT_EQ(framed.packet.port, 1);
    const auto ethernet = EthernetView::parse(framed.packet.bytes());
    EXPECT_EQ(ethernet->destination(), router1);
    EXPECT_EQ(ethernet->source(), rs_mac1);
    EXPECT_EQ(ethernet->ethertype(), ethertype::ipv4);
}

// What a stage after classify would see, or the reason.
struct Classified {
    bool is_tunnel = false;
    DropReason reason = DropReason::none;
    PathId id;
    Role role = Role::initiator;
    std::uint16_t ip_length = 0;
    std::uint16_t length = 0;
    std::uint8_t own = 0;
    friend bool operator==(const Classified&, const Classified&) = default;
};

using Way = void (*)(Burst&, Lanes&, const Settings&) noexcept;

Classified classify_frame(Way way, const Bytes& frame, std::uint8_t marks = 0) {
    FramedPacket framed{frame};
    framed.packet.receive_marks = marks;
    Burst burst{};
    burst.packets[0] = framed.packet;
    burst.count = 1;
    Lanes lanes;
    way(burst, lanes, settings());
    const Packet& packet = burst.packets[0];
    if (lanes.tunnel.is_empty()) {
        Classified other;
        other.reason = packet.fate == Fate::drop ? packet.reason : DropReason::none;
        return other;
    }
    return {
        true,
        DropReason::none,
        packet.path_id,
        packet.role,
        packet.ip_length,
        packet.length,
        packet.own_address};
}

TEST(Classify, ItsShortAndItsLongWayAgreeOnDamagedFrames) {
    constexpr std::uint64_t seed = 4242;
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    const Bytes whole = data_from(mn4).padding(4).build();
    int tunnels = 0;
    for (int i = 0; i < 50'000; ++i) {
        Bytes frame = whole;
        // One or two bytes of the first 60, where everything lies that classify reads.
        for (std::uint64_t changes = random.below(3); changes > 0; --changes) {
            frame[random.below(60)] = static_cast<std::uint8_t>(random.number());
        }
        if (random.below(8) == 0) {
            frame.resize(random.below(frame.size() + 1));
        }
        // A wrong header checksum would hide everything else.
        if (frame.size() >= 34 && frame[14] == 0x45) {
            store(frame.data() + 24, std::uint16_t{0});
            store(frame.data() + 24, checksum_of(sum_ipv4_header(frame.data() + 14)));
        }
        const Classified fast = classify_frame(classify, frame);
        ASSERT_EQ(fast, classify_frame(classify_the_long_way, frame))
            << to_hex(frame) << " " << describe(fast.reason).name;
        tunnels += fast.is_tunnel ? 1 : 0;
    }
    EXPECT_GT(tunnels, 1000);
}

TEST(Classify, BothItsWaysHeedTheNetworkCardsMarks) {
    Bytes frame = data_from(mn4).build();
    frame[24] ^= 0xff;
    for (const Way way : {&classify, &classify_the_long_way}) {
        EXPECT_EQ(classify_frame(way, frame).reason, DropReason::bad_ipv4_checksum);
        EXPECT_TRUE(classify_frame(way, frame, ReceiveMarks::good_ipv4_checksum).is_tunnel);
        const std::uint8_t bad = ReceiveMarks::good_ipv4_checksum | ReceiveMarks::bad_checksum;
        EXPECT_EQ(classify_frame(way, frame, bad).reason, DropReason::bad_nic_checksum);
    }
}

}  // namespace
}  // namespace ntm::relay::testing
