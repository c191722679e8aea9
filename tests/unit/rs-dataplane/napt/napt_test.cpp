// SPDX-License-Identifier: BSD-3-Clause
// Packets through bindings and back, by their bytes: what the general node gets, what the subscriber
// gets, and what becomes of ICMP errors. U-9, U-12, T-8, T-10, I-4, I-5, I-6, I-7, I-9, I-13, V-12.
#include "rs-dataplane/napt/napt.hpp"

#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include <bit>
#include <map>
#include <memory>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

using std::chrono::seconds;

constexpr Path path_to_gn{PathId{11}, false};
constexpr Path exit_path{PathId{12}, true};
constexpr Kind kinds[] = {Kind::udp, Kind::tcp, Kind::echo_request};

// The addresses of one family.
struct Cast {
    IpAddress mn, mn2;           // VIPs
    IpAddress gn_vip, gn, host;  // a general node twice, another one
    IpAddress router;
};
const Cast cast4{
    address("198.18.0.5"),
    address("198.18.0.6"),
    address("198.18.128.9"),
    address("198.51.100.7"),
    address("203.0.113.9"),
    address("203.0.113.254")};
const Cast cast6{
    address("fd00:a::5"),
    address("fd00:a::6"),
    address("fd00:b::9"),
    address("2001:db8::7"),
    address("2001:db8:3::9"),
    address("2001:db8:ffff::1")};

Bindings::Plan small_plan() {
    Bindings::Plan plan;
    plan.subscribers = 4;
    plan.mappings = plan.sessions = 64;
    plan.ipv4 = {.addresses = 2, .blocks_each = 4, .block_size = 64};
    plan.ipv6 = {.addresses = 1, .blocks_each = 4, .block_size = 64};
    return plan;
}

class NaptTest : public testing::TestWithParam<Family> {
  protected:
    void SetUp() override {
        for (const IpAddress& vip : {cast.mn, cast.mn2}) {
            vips[bindings->add_subscriber({}, {}, {}).value()] = vip;
        }
    }
    [[nodiscard]] Sender sender(const Path& path, Position subscriber = 0) const {
        return {subscriber, path, {PaddedAddress::of(cast.gn_vip), PaddedAddress::of(cast.gn)}};
    }
    DropReason send(Bytes& bytes, const Sender& from) {
        const auto packet = InnerPacket::parse(bytes);
        if (!packet) {
            return packet.error();
        }
        if (packet->kind() == Kind::icmp_error) {
            return napt.send_error_out(*packet, from);
        }
        return napt.send_out(*packet, napt.lookup_out(*packet, from), from, now);
    }
    DropReason receive(Bytes& bytes) {
        const auto packet = InnerPacket::parse(bytes);
        if (!packet) {
            return packet.error();
        }
        const auto to = napt.lookup_in(*packet);
        const auto found =
            to ? napt.find_receiver(*packet, *to, now) : napt.find_receiver_of_error(*packet);
        if (!found) {
            return found.error();
        }
        const Path path = found->path == exit_path.id ? exit_path : path_to_gn;
        const GeneralNode general_node{PaddedAddress::of(cast.gn_vip), PaddedAddress::of(cast.gn)};
        Napt::bring_in(
            *packet,
            {PaddedAddress::of(vips.at(found->subscriber)), found->port, path, general_node}
        );
        return DropReason::none;
    }
    // The public endpoint that a packet of this kind from the subscriber's port leaves from.
    PacketEnds public_ends(Kind kind, const PacketEnds& ends, const Sender& from) {
        Bytes bytes = first_packet(kind, ends);
        EXPECT_EQ(send(bytes, from), DropReason::none);
        const auto packet = InnerPacket::parse(bytes).value();
        const Ends left = packet.ends(packet.headers());
        return {
            address_of(left.source),
            left.source_port,
            address_of(left.destination),
            left.destination_port};
    }
    [[nodiscard]] IpAddress address_of(const PaddedAddress& padded) const {
        if (GetParam() == Family::ipv4) {
            return std::bit_cast<Ipv4Address>(padded.ipv4_word());
        }
        return std::bit_cast<Ipv6Address>(padded);
    }
    // Of TCP a SYN.
    [[nodiscard]] static Bytes first_packet(Kind kind, const PacketEnds& ends) {
        return kind == Kind::tcp ? tcp_packet(ends, 0x02, {}) : packet_of(kind, ends, payload);
    }
    [[nodiscard]] static Bytes answer(Kind kind, const PacketEnds& ends) {
        if (kind == Kind::echo_request) {
            return packet_of(Kind::echo_reply, ends, payload);
        }
        return kind == Kind::tcp ? tcp_packet(ends, 0x12, {}) : packet_of(kind, ends, payload);
    }
    [[nodiscard]] static PacketEnds turned(const PacketEnds& ends) {
        return {ends.destination, ends.destination_port, ends.source, ends.source_port};
    }

    inline static const Bytes payload{1, 2, 3, 4, 5};
    const Cast cast = GetParam() == Family::ipv4 ? cast4 : cast6;
    SeededRandom random{1};
    std::unique_ptr<Bindings> bindings = Bindings::make(small_plan(), random);
    const PublicAddresses addresses{
        {Ipv4Address{{192, 0, 2, 1}}, Ipv4Address{{192, 0, 2, 2}}},
        {address("2001:db8:1::1").ipv6()}};
    Napt napt{*bindings, addresses};
    std::map<Position, IpAddress> vips;
    Instant now{seconds{1000}};
};

INSTANTIATE_TEST_SUITE_P(
    families,
    NaptTest,
    testing::Values(Family::ipv4, Family::ipv6),
    [](const auto& tested) { return tested.param == Family::ipv4 ? "ipv4" : "ipv6"; }
);

TEST_P(NaptTest, a_path_to_one_gn_hides_both_real_addresses) {
    for (const Kind kind : kinds) {
        const PacketEnds inside{cast.mn, 5000, cast.gn_vip, 4000};
        const PacketEnds outside = public_ends(kind, inside, sender(path_to_gn));
        EXPECT_TRUE(addresses.find(GetParam(), PaddedAddress::of(outside.source)));
        EXPECT_EQ(outside.destination, cast.gn);
        Bytes bytes = first_packet(kind, inside);
        EXPECT_EQ(send(bytes, sender(path_to_gn)), DropReason::none);
        EXPECT_EQ(
            to_hex(bytes),
            to_hex(first_packet(kind, {outside.source, outside.source_port, cast.gn, 4000}))
        );
        bytes = answer(kind, {cast.gn, 4000, outside.source, outside.source_port});
        EXPECT_EQ(receive(bytes), DropReason::none);
        EXPECT_EQ(to_hex(bytes), to_hex(answer(kind, turned(inside))));
    }
}

TEST_P(NaptTest, an_exit_path_hides_the_subscriber_alone) {
    for (const Kind kind : kinds) {
        const PacketEnds inside{cast.mn, 5000, cast.host, 4000};
        const PacketEnds outside = public_ends(kind, inside, sender(exit_path));
        EXPECT_EQ(outside.destination, cast.host);
        Bytes bytes = answer(kind, {cast.host, 4000, outside.source, outside.source_port});
        EXPECT_EQ(receive(bytes), DropReason::none);
        EXPECT_EQ(to_hex(bytes), to_hex(answer(kind, turned(inside))));
    }
}

TEST_P(NaptTest, why_not_is_said_and_nothing_is_changed) {
    const PacketEnds inside{cast.mn, 5000, cast.gn_vip, 4000};
    const PacketEnds outside = public_ends(Kind::udp, inside, sender(path_to_gn));
    const auto expect_refused = [&](Bytes packet, DropReason reason) {
        const Bytes before = packet;
        EXPECT_EQ(describe(receive(packet)).name, describe(reason).name);
        EXPECT_EQ(to_hex(packet), to_hex(before));
    };
    const PacketEnds to_us{cast.host, 9, outside.source, outside.source_port};
    expect_refused(packet_of(Kind::udp, to_us, payload), DropReason::napt_filtered);
    expect_refused(packet_of(Kind::tcp, to_us, payload), DropReason::napt_no_mapping);
    expect_refused(packet_of(Kind::echo_request, to_us, payload), DropReason::inner_icmp_type);
    Bytes reply = packet_of(Kind::echo_reply, inside, payload);
    EXPECT_EQ(send(reply, sender(path_to_gn)), DropReason::inner_icmp_type);
    Bytes middle = packet_of(Kind::tcp, inside, payload);
    EXPECT_EQ(send(middle, sender(path_to_gn)), DropReason::napt_no_session);
}

TEST_P(NaptTest, what_goes_elsewhere_is_not_looked_for) {
    Bytes bytes = packet_of(Kind::udp, {cast.host, 1, cast.gn, 2}, payload);
    EXPECT_FALSE(napt.lookup_in(InnerPacket::parse(bytes).value()));
}

// I-4: from a router on the way, by an exit path; from the GN's side of a path to one GN all is the GN.
TEST_P(NaptTest, an_error_from_outside_quotes_what_the_subscriber_sent) {
    for (const Path& path : {exit_path, path_to_gn}) {
        for (const Kind kind : kinds) {
            const IpAddress seen = path.is_exit ? cast.host : cast.gn_vip;
            const PacketEnds inside{cast.mn, 5000, seen, 4000};
            const PacketEnds outside = public_ends(kind, inside, sender(path));
            const PacketEnds sent{outside.source, outside.source_port, outside.destination, 4000};
            Bytes bytes = error_packet(cast.router, sent.source, first_packet(kind, sent));
            EXPECT_EQ(receive(bytes), DropReason::none);
            const IpAddress from = path.is_exit ? cast.router : cast.gn_vip;
            EXPECT_EQ(
                to_hex(bytes), to_hex(error_packet(from, cast.mn, first_packet(kind, inside)))
            );
        }
    }
}

// I-5.
TEST_P(NaptTest, an_error_from_inside_quotes_what_the_general_node_sent) {
    for (const Path& path : {exit_path, path_to_gn}) {
        for (const Kind kind : kinds) {
            const IpAddress seen = path.is_exit ? cast.host : cast.gn_vip;
            const IpAddress really = path.is_exit ? cast.host : cast.gn;
            const PacketEnds inside{cast.mn, 5000, seen, 4000};
            const PacketEnds outside = public_ends(kind, inside, sender(path));
            const PacketEnds came{really, 4000, outside.source, outside.source_port};
            Bytes bytes = error_packet(cast.mn, seen, answer(kind, turned(inside)));
            EXPECT_EQ(send(bytes, sender(path)), DropReason::none);
            EXPECT_EQ(
                to_hex(bytes), to_hex(error_packet(outside.source, really, answer(kind, came)))
            );
        }
    }
}

// U-12, T-10, I-6: hard errors, again and again; nothing is ended or kept by them.
TEST_P(NaptTest, errors_change_no_state) {
    const PacketEnds inside{cast.mn, 77, cast.host, 0};
    const PacketEnds outside = public_ends(Kind::echo_request, inside, sender(exit_path));
    const std::uint8_t unreachable = GetParam() == Family::ipv4 ? 3 : 1;
    const Bytes sent =
        first_packet(Kind::echo_request, {outside.source, outside.source_port, cast.host, 0});
    const auto receive_error = [&] {
        Bytes bytes = error_packet(cast.router, outside.source, {unreachable, 3, 0}, sent);
        return receive(bytes);
    };
    for (int second = 0; second < 59; ++second) {
        now += seconds{1};
        bindings->tend(now, 1000);
        ASSERT_EQ(receive_error(), DropReason::none);
    }
    Bytes bytes = answer(Kind::echo_request, {cast.host, 0, outside.source, outside.source_port});
    EXPECT_EQ(receive(bytes), DropReason::none);
    now += seconds{2};
    bindings->tend(now, 1000);
    EXPECT_EQ(receive_error(), DropReason::unknown_quote);
}

// I-13.
TEST_P(NaptTest, errors_about_what_was_never_sent_are_refused) {
    const PacketEnds inside{cast.mn, 5000, cast.host, 4000};
    const PacketEnds outside = public_ends(Kind::udp, inside, sender(exit_path));
    const auto other_port = static_cast<std::uint16_t>(outside.source_port + 1);
    const auto expect_unknown = [&](Kind kind, const PacketEnds& quoted) {
        Bytes bytes = error_packet(cast.router, outside.source, packet_of(kind, quoted, payload));
        EXPECT_EQ(receive(bytes), DropReason::unknown_quote);
    };
    expect_unknown(Kind::udp, {outside.source, other_port, cast.host, 4000});
    expect_unknown(Kind::udp, {outside.source, outside.source_port, cast.host, 4001});
    expect_unknown(Kind::udp, {outside.source, outside.source_port, cast.gn, 4000});
    expect_unknown(Kind::udp, {cast.host, outside.source_port, cast.host, 4000});
    expect_unknown(Kind::tcp, {outside.source, outside.source_port, cast.host, 4000});
    // To a public address that it did not come from.
    Bytes astray = error_packet(cast.router, cast.gn, packet_of(Kind::udp, outside, payload));
    EXPECT_EQ(receive(astray), DropReason::unknown_quote);
    // What came in, as if it had gone out.
    expect_unknown(Kind::udp, {cast.host, 4000, outside.source, outside.source_port});

    const PacketEnds echo{cast.mn, 77, cast.host, 0};
    const PacketEnds asked = public_ends(Kind::echo_request, echo, sender(exit_path));
    expect_unknown(Kind::echo_reply, {asked.source, 0, cast.host, asked.source_port});
}

TEST_P(NaptTest, errors_from_inside_about_what_never_came_are_refused) {
    const PacketEnds inside{cast.mn, 5000, cast.gn_vip, 4000};
    static_cast<void>(public_ends(Kind::udp, inside, sender(path_to_gn)));
    const auto expect_unknown = [&](Kind kind, const PacketEnds& quoted, const Sender& from) {
        Bytes bytes = error_packet(cast.mn, cast.gn_vip, packet_of(kind, quoted, payload));
        EXPECT_EQ(send(bytes, from), DropReason::unknown_quote);
    };
    const Sender from = sender(path_to_gn);
    expect_unknown(Kind::udp, {cast.gn_vip, 4000, cast.mn, 5001}, from);
    expect_unknown(Kind::tcp, {cast.gn_vip, 4000, cast.mn, 5000}, from);
    expect_unknown(Kind::udp, {cast.gn_vip, 4000, cast.mn, 5000}, sender(path_to_gn, 1));
    expect_unknown(Kind::udp, {cast.host, 4000, cast.mn, 5000}, sender(exit_path));
    expect_unknown(Kind::udp, {cast.gn_vip, 4000, cast.mn2, 5000}, from);
    expect_unknown(Kind::udp, {cast.host, 4000, cast.mn, 5000}, from);
    // Identifier 0 is one like any other.
    static_cast<void>(
        public_ends(Kind::echo_request, {cast.mn, 0, cast.gn_vip, 0}, sender(path_to_gn))
    );
    expect_unknown(Kind::echo_request, {cast.gn_vip, 0, cast.mn, 0}, from);
}

// U-9, T-8, I-7, V-12: two subscribers by way of their public endpoints, and an error between them.
TEST_P(NaptTest, two_subscribers_see_each_others_public_endpoints) {
    for (const Kind kind : {Kind::udp, Kind::tcp}) {
        const PacketEnds to_host{cast.mn2, 6000, cast.host, 4000};
        const PacketEnds callee = public_ends(kind, to_host, sender(exit_path, 1));
        const PacketEnds inside{cast.mn, 5000, callee.source, callee.source_port};
        const PacketEnds caller = public_ends(kind, inside, sender(exit_path));
        const PacketEnds arrives{caller.source, caller.source_port, cast.mn2, 6000};

        Bytes bytes = first_packet(kind, inside);
        EXPECT_EQ(send(bytes, sender(exit_path)), DropReason::none);
        EXPECT_EQ(receive(bytes), DropReason::none) << "it went to a public address";
        EXPECT_EQ(to_hex(bytes), to_hex(first_packet(kind, arrives)));

        bytes = answer(kind, turned(arrives));
        EXPECT_EQ(send(bytes, sender(exit_path, 1)), DropReason::none);
        EXPECT_EQ(receive(bytes), DropReason::none);
        EXPECT_EQ(to_hex(bytes), to_hex(answer(kind, turned(inside))));

        bytes = error_packet(cast.mn2, caller.source, first_packet(kind, arrives));
        EXPECT_EQ(send(bytes, sender(exit_path, 1)), DropReason::none);
        EXPECT_EQ(receive(bytes), DropReason::none);
        EXPECT_EQ(
            to_hex(bytes), to_hex(error_packet(callee.source, cast.mn, first_packet(kind, inside)))
        );
    }
}

}  // namespace
}  // namespace ntm::napt
