// SPDX-License-Identifier: BSD-3-Clause
// Inner packets that the node's key vouches for and that are not his to send: none gets out, none takes
// a port, and the tunnel goes on. Rows: S-9, S-10, U-3a, I-10, I-12, C-1, K-7.
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <functional>

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;
using napt::some_payload;

// Families of the tunnel and of what is in it.
class RsNInner : public RsNTest, public ::testing::WithParamInterface<std::tuple<Family, Family>> {
  protected:
    RsNInner() {
        node_ = std::get<0>(GetParam()) == Family::ipv4 ? mn4 : mn6;
        install();
    }

    [[nodiscard]] static Family family() { return std::get<1>(GetParam()); }
    [[nodiscard]] static bool is_ipv4() { return family() == Family::ipv4; }
    [[nodiscard]] static PacketEnds good_ends() { return ends_of(family()).inside; }
    [[nodiscard]] static Bytes good() { return packet_of(Kind::udp, good_ends(), some_payload); }
    [[nodiscard]] static IpAddress either(const char* ipv4, const char* ipv6) {
        return address(is_ipv4() ? ipv4 : ipv6);
    }

    void expect_refused(const Bytes& inner, DropReason reason, const char* what) {
        EXPECT_EQ(describe(receive(data(inner)).reason).name, describe(reason).name) << what;
    }
    void TearDown() override {
        EXPECT_EQ(rs_n_->usage().sessions, 0U);
        EXPECT_EQ(receive(data(good())).fate, Fate::transmit);
        EXPECT_EQ(rs_n_->usage().sessions, 1U);
    }
};

INSTANTIATE_TEST_SUITE_P(
    families,
    RsNInner,
    ::testing::Combine(
        ::testing::Values(Family::ipv4, Family::ipv6), ::testing::Values(Family::ipv4, Family::ipv6)
    )
);

TEST_P(RsNInner, come_from_the_nodes_virtual_address) {
    const IpAddress sources[] = {
        either("198.18.0.2", "fd00:a::2"),
        either("0.0.0.0", "::"),
        either("127.0.0.1", "::1"),
        either("224.0.0.1", "ff02::1"),
        is_ipv4() ? mn4.address : mn6.address,
        is_ipv4() ? rs4.address : rs6.address,
        is_ipv4() ? gn_vip4 : gn_vip6,
        is_ipv4() ? gn4 : gn6};
    for (const IpAddress& source : sources) {
        PacketEnds ends = good_ends();
        ends.source = source;
        const std::string name = source.text();
        for (const Kind kind : {Kind::udp, Kind::tcp, Kind::echo_request}) {
            expect_refused(first_packet(kind, ends), DropReason::inner_source, name.c_str());
        }
        const Bytes error =
            napt::error_packet(source, ends.destination, first_packet(Kind::udp, reversed(ends)));
        expect_refused(error, DropReason::inner_source, name.c_str());
    }
}

TEST_P(RsNInner, go_to_the_paths_general_node) {
    const IpAddress destinations[] = {
        is_ipv4() ? gn4 : gn6,
        is_ipv4() ? vip4 : vip6,
        is_ipv4() ? rs4.address : rs6.address,
        is_ipv4() ? mn4.address : mn6.address,
        either("198.18.64.2", "fd00:a:64::2"),
        either("127.0.0.1", "::1"),
        either("255.255.255.255", "ff02::1"),
        either("10.0.0.1", "::ffff:203.0.113.80")};
    for (const IpAddress& destination : destinations) {
        PacketEnds ends = good_ends();
        ends.destination = destination;
        const std::string name = destination.text();
        for (const Kind kind : {Kind::udp, Kind::tcp, Kind::echo_request}) {
            expect_refused(first_packet(kind, ends), DropReason::inner_destination, name.c_str());
        }
    }
}

// The general node has no address of that family.
TEST_P(RsNInner, go_by_a_way_that_exists) {
    const tables::PathEnd whole = *path_.end;
    std::erase_if(path_.end->general_nodes, [](const tables::PathEnd::GeneralNode& node) {
        return node.real_address.is_ipv4() == is_ipv4();
    });
    replace();
    expect_refused(good(), DropReason::inner_destination, "no such way");
    path_.end = whole;
    replace();
}

TEST_P(RsNInner, are_no_tunnels) {
    const IpAddress source = is_ipv4() ? vip4 : vip6;
    const IpAddress destination = is_ipv4() ? gn_vip4 : gn_vip6;
    const auto carrying = [&](std::uint8_t protocol, const Bytes& upper) {
        return napt::ip_packet(source, destination, protocol, upper);
    };
    expect_refused(carrying(4, napt::udp4), DropReason::inner_protocol, "IPv4 in IP");
    expect_refused(carrying(41, napt::udp6), DropReason::inner_protocol, "IPv6 in IP");
    expect_refused(carrying(47, Bytes(24)), DropReason::inner_protocol, "GRE");
    expect_refused(carrying(50, Bytes(24)), DropReason::inner_protocol, "ESP");
    expect_refused(carrying(132, Bytes(24)), DropReason::inner_protocol, "SCTP");
    // NTM to the relay itself, from outside and from inside.
    const Bytes sealed = node_sealer_->seal(good()).value();
    const Endpoint& rs = is_ipv4() ? rs4 : rs6;
    const Endpoint& mn = is_ipv4() ? mn4 : mn6;
    const PacketEnds outer{mn.address, mn.port.number, rs.address, rs.port.number};
    expect_refused(packet_of(Kind::udp, outer, sealed), DropReason::inner_source, "a tunnel");
    PacketEnds from_inside = outer;
    from_inside.source = source;
    expect_refused(
        packet_of(Kind::udp, from_inside, sealed), DropReason::inner_destination, "a tunnel of his"
    );
}

TEST_P(RsNInner, have_a_plain_and_whole_header) {
    if (is_ipv4()) {
        for (std::size_t at = 8; at < 20; ++at) {
            Bytes damaged = good();
            damaged[at] ^= 0x40;
            expect_refused(damaged, DropReason::inner_ipv4_checksum, "a damaged header");
        }
        expect_refused(napt::with_options(good()), DropReason::inner_ipv4_options, "options");
        expect_refused(
            napt::with_byte(good(), 6, 0x20), DropReason::fragment_malformed, "a bad fragment"
        );
        expect_refused(
            napt::with_byte(napt::with_byte(good(), 6, 0x1f), 7, 0xff),
            DropReason::fragment_too_long,
            "a far fragment"
        );
        return;
    }
    expect_refused(
        napt::with_byte(good(), 6, 44), DropReason::fragment_malformed, "a bad fragment"
    );
    for (const std::uint8_t extension : std::initializer_list<std::uint8_t>{0, 43, 51, 60, 135}) {
        expect_refused(
            napt::with_byte(good(), 6, extension), DropReason::inner_ipv6_extension, "an extension"
        );
    }
}

TEST_P(RsNInner, have_the_length_that_they_say) {
    const std::size_t length_at = is_ipv4() ? 3 : 5;
    const std::uint8_t real = good()[length_at];
    for (const int wrong : {0, 1, real - 1, real + 1, 255}) {
        const Bytes packet = napt::with_byte(good(), length_at, static_cast<std::uint8_t>(wrong));
        expect_refused(packet, DropReason::inner_ip_length, "a wrong length");
    }
    const std::size_t header = is_ipv4() ? 20 : 40;
    for (std::size_t size = 1; size < good().size(); ++size) {
        Bytes cut = good();
        cut.resize(size);
        expect_refused(cut, DropReason::inner_ip_length, "cut");
    }
    const std::size_t udp_length_at = header + 5;
    for (const int wrong : {0, 7, 12, 14, 255}) {
        const Bytes packet =
            napt::with_byte(good(), udp_length_at, static_cast<std::uint8_t>(wrong));
        expect_refused(packet, DropReason::inner_udp, "a wrong UDP length");
    }
    const Bytes tcp = napt::tcp_packet(good_ends(), 0x02, {});
    for (const std::uint8_t wrong : std::initializer_list<std::uint8_t>{0x00, 0x40, 0x60, 0xf0}) {
        expect_refused(
            napt::with_byte(tcp, header + 12, wrong), DropReason::inner_tcp, "a wrong offset"
        );
    }
}

TEST_P(RsNInner, are_of_a_known_version) {
    for (const std::uint8_t version :
         std::initializer_list<std::uint8_t>{0x05, 0x35, 0x55, 0x75, 0xf5}) {
        Bytes packet = good();
        packet[0] = version;
        expect_refused(packet, DropReason::inner_ip_length, "another version");
    }
    Bytes other = good();
    other[0] ^= 0x20;
    expect_refused(other, DropReason::inner_ip_length, "the other version");
}

// ---- What is sent on as it is ----

class RsNDamaged : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    RsNDamaged() { install(); }
};
INSTANTIATE_TEST_SUITE_P(families, RsNDamaged, ::testing::Values(Family::ipv4, Family::ipv6));

// Who gets it sees the damage.
TEST_P(RsNDamaged, goes_on_with_a_checksum_as_wrong_as_it_was) {
    for (const Kind kind : {Kind::udp, Kind::tcp, Kind::echo_request}) {
        const Ends flow = open(kind, GetParam());
        const auto damaged = [](Bytes packet) {
            packet.back() ^= 1;
            return packet;
        };
        const Outcome out = receive(data(damaged(first_packet(kind, flow.inside))));
        ASSERT_EQ(out.fate, Fate::transmit) << describe(out.reason).name;
        EXPECT_EQ(inner_of(out.frame), one_hop_less(damaged(first_packet(kind, flow.outside))));
        const Bytes back = damaged(answer(kind, reversed(flow.outside)));
        const Outcome in = receive(from_general_node(back));
        ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
        EXPECT_EQ(opened(in.frame), one_hop_less(damaged(answer(kind, reversed(flow.inside)))));
    }
}

TEST_P(RsNDamaged, udp_without_a_checksum_stays_so) {
    const Ends flow = open(Kind::udp, GetParam());
    const std::size_t checksum_at = GetParam() == Family::ipv4 ? 26 : 46;
    const auto without = [checksum_at](Bytes packet) {
        packet[checksum_at] = packet[checksum_at + 1] = 0;
        return packet;
    };
    const Outcome out = receive(data(without(first_packet(Kind::udp, flow.inside))));
    const Outcome in =
        receive(from_general_node(without(answer(Kind::udp, reversed(flow.outside)))));
    if (GetParam() == Family::ipv6) {
        EXPECT_EQ(out.reason, DropReason::inner_udp);
        EXPECT_EQ(in.reason, DropReason::inner_udp);
        return;
    }
    EXPECT_EQ(inner_of(out.frame), one_hop_less(without(first_packet(Kind::udp, flow.outside))));
    EXPECT_EQ(opened(in.frame), one_hop_less(without(answer(Kind::udp, reversed(flow.inside)))));
}

}  // namespace
}  // namespace ntm::relay::testing
