// SPDX-License-Identifier: BSD-3-Clause
// What comes to a public address: at one that is the relay's own, its ports outside of the NAPT's are the
// kernel's, and so is what names no port, or answers an echo that no subscriber has sent; one that is not
// has no other use. Rows: S-10, U-3a, T-9, K-7, I-4.
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

namespace ntm::relay::testing {
namespace {

using napt::error_packet;
using napt::Kind;
using napt::packet_of;

class PublicSide : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    explicit PublicSide(const PublicPair& at) : RsNTest{at} { install(); }

    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static const IpAddress& gn() { return is_ipv4() ? gn4 : gn6; }
    [[nodiscard]] const IpAddress& us() const { return public_.of(GetParam()); }
    [[nodiscard]] PacketEnds to_port(std::uint16_t port) const { return {gn(), 443, us(), port}; }
    [[nodiscard]] Outcome get(const Bytes& packet) { return receive(from_general_node(packet)); }

    void expect_kernels(const Bytes& packet, const char* what) {
        const Outcome outcome = get(packet);
        EXPECT_EQ(outcome.fate, Fate::punt) << what << ": " << describe(outcome.reason).name;
        EXPECT_EQ(outcome.punt_class, static_cast<std::uint8_t>(PuntClass::host)) << what;
        EXPECT_EQ(inner_of(outcome.frame), packet) << what;
    }
    void expect_dropped(const Bytes& packet, DropReason reason, const char* what) {
        EXPECT_EQ(describe(get(packet).reason).name, describe(reason).name) << what;
    }
    // Each packet that names a port of ours.
    [[nodiscard]] std::vector<Bytes> ports_to(std::uint16_t port) const {
        const PacketEnds left = reversed(to_port(port));
        return {
            packet_of(Kind::udp, to_port(port), {}),
            napt::tcp_packet(to_port(port), 0x02, {}),
            error_packet(gn(), us(), packet_of(Kind::udp, left, {})),
            error_packet(gn(), us(), napt::tcp_packet(left, 0x02, {}))};
    }
    // And an identifier.
    [[nodiscard]] std::vector<Bytes> echoes_to(std::uint16_t port) const {
        const PacketEnds left = reversed(to_port(port));
        return {
            packet_of(Kind::echo_reply, to_port(port), {}),
            error_packet(gn(), us(), packet_of(Kind::echo_request, left, {}))};
    }
    [[nodiscard]] std::vector<Bytes> all_to(std::uint16_t port) const {
        std::vector<Bytes> all = ports_to(port);
        std::ranges::copy(echoes_to(port), std::back_inserter(all));
        return all;
    }
};

class AtItsOwn : public PublicSide {
  protected:
    AtItsOwn() : PublicSide{own_public} {}
};
class AtAnother : public PublicSide {
  protected:
    AtAnother() : PublicSide{other_public} {}
};
INSTANTIATE_TEST_SUITE_P(families, AtItsOwn, ::testing::Values(Family::ipv4, Family::ipv6));
INSTANTIATE_TEST_SUITE_P(families, AtAnother, ::testing::Values(Family::ipv4, Family::ipv6));

TEST_P(AtItsOwn, ports_are_shared_with_the_kernel) {
    for (const std::uint16_t port : {first_public_port, last_public_port}) {
        for (const Bytes& packet : ports_to(port)) {
            EXPECT_EQ(get(packet).fate, Fate::drop) << "nobody has that port yet";
        }
        for (const Bytes& packet : echoes_to(port)) {
            expect_kernels(packet, "nobody has that identifier, unless the kernel has");
        }
    }
    for (const int port : {1, first_public_port - 1, last_public_port + 1, 65535}) {
        for (const Bytes& packet : all_to(static_cast<std::uint16_t>(port))) {
            expect_kernels(packet, "another port");
        }
    }
}

TEST_P(AtItsOwn, what_names_no_port_is_the_kernels) {
    const std::uint16_t port = first_public_port;
    const Bytes udp = packet_of(Kind::udp, to_port(port), {});
    const auto upper = [&](std::uint8_t protocol, const Bytes& bytes) {
        return napt::ip_packet(gn(), us(), protocol, bytes);
    };
    const std::uint8_t icmp = is_ipv4() ? 1 : 58;
    const std::uint8_t wrong_icmp = is_ipv4() ? 58 : 1;
    const auto high = static_cast<std::uint8_t>(port >> 8);
    const auto low = static_cast<std::uint8_t>(port);
    expect_kernels(upper(6, {0, 80, high}), "three bytes of TCP");
    expect_kernels(upper(47, {0, 80, high, low, 0, 0, 0, 0}), "GRE");
    expect_kernels(upper(wrong_icmp, {0, 0, 0, 0, high, low, 0, 0}), "the other family's ICMP");
    expect_kernels(upper(icmp, {}), "nothing of ICMP");
    expect_kernels(upper(icmp, {0, 0, 0, 0, high, low, 0}), "seven bytes of ICMP");
    expect_kernels(packet_of(Kind::echo_request, to_port(port), {}), "an echo to us");
    if (is_ipv4()) {
        expect_kernels(upper(icmp, {129, 0, 0, 0, high, low, 0, 0}), "an ICMPv6 type");
        EXPECT_EQ(get(napt::with_byte(udp, 6, 0x20)).fate, Fate::held) << "a fragment";
    } else {
        expect_kernels(upper(icmp, {0, 0, 0, 0, high, low, 0, 0}), "an ICMP type");
        expect_dropped(napt::with_byte(udp, 6, 43), DropReason::ipv6_extension, "routing");
    }
}

// The kernel asks by any identifier, also by one that a subscriber has towards another host.
TEST_P(AtItsOwn, echoes_that_no_subscriber_has_sent_are_the_kernels) {
    const Ends flow = open(Kind::echo_request, GetParam());
    PacketEnds stranger = reversed(flow.outside);
    EXPECT_TRUE(opened(get(packet_of(Kind::echo_reply, stranger, {})).frame));
    stranger.source = is_ipv4() ? cn4.address : cn6.address;
    expect_kernels(packet_of(Kind::echo_reply, stranger, {}), "from another host");
    const Bytes about_it = packet_of(Kind::echo_request, reversed(stranger), {});
    expect_kernels(error_packet(gn(), us(), about_it), "about one to another host");
    const Bytes about_his = one_hop_less(first_packet(Kind::echo_request, flow.outside));
    EXPECT_TRUE(opened(get(error_packet(gn(), us(), about_his)).frame));
}

TEST_P(AtItsOwn, host_rate_limits_echoes_too) {
    settings_.punt_budgets[static_cast<std::size_t>(PuntClass::host)] = {1, 1};
    const Bytes reply = packet_of(Kind::echo_reply, to_port(first_public_port), {});
    expect_kernels(reply, "the first");
    expect_dropped(reply, DropReason::host_rate, "the second");
}

TEST_P(AtItsOwn, tunnels_go_on) {
    EXPECT_EQ(
        receive(data(first_packet(Kind::udp, ends_of(GetParam()).inside))).fate, Fate::transmit
    );
}

TEST_P(AtAnother, no_port_is_the_kernels) {
    for (const int port : {1, 9770, first_public_port - 1, int{first_public_port}, 65535}) {
        for (const Bytes& packet : all_to(static_cast<std::uint16_t>(port))) {
            EXPECT_EQ(get(packet).fate, Fate::drop) << port;
        }
        const Bytes udp = packet_of(Kind::udp, to_port(static_cast<std::uint16_t>(port)), {});
        expect_dropped(udp, DropReason::napt_no_mapping, "nobody's");
    }
    expect_dropped(packet_of(Kind::udp, to_port(0), {}), DropReason::inner_port_zero, "port 0");
    expect_dropped(
        packet_of(Kind::echo_request, to_port(9), {}), DropReason::inner_icmp_type, "an echo"
    );
}

TEST_P(AtAnother, nothing_else_is_taken) {
    const Bytes udp = packet_of(Kind::udp, to_port(first_public_port), {});
    const Bytes data_packet =
        packet_of(Kind::udp, to_port(rs4.port.number), node_sealer_->seal(udp).value());
    expect_dropped(data_packet, DropReason::napt_no_mapping, "no tunnel ends here");
    if (is_ipv4()) {
        expect_dropped(napt::with_options(udp), DropReason::inner_ipv4_options, "options");
        EXPECT_EQ(get(napt::with_byte(udp, 6, 0x20)).fate, Fate::held) << "a fragment";
        expect_dropped(napt::with_byte(udp, 9, 47), DropReason::inner_protocol, "GRE");
        expect_dropped(napt::with_byte(udp, 9, 58), DropReason::inner_protocol, "ICMPv6");
        Bytes wrong = udp;
        wrong[8] ^= 1;
        expect_dropped(wrong, DropReason::bad_ipv4_checksum, "a wrong header");
        return;
    }
    expect_dropped(napt::with_byte(udp, 6, 44), DropReason::fragment_malformed, "a bad fragment");
    expect_dropped(napt::with_byte(udp, 6, 0), DropReason::inner_ipv6_extension, "hop by hop");
    expect_dropped(napt::with_byte(udp, 6, 43), DropReason::inner_ipv6_extension, "routing");
    expect_dropped(napt::with_byte(udp, 6, 50), DropReason::inner_protocol, "ESP");
    expect_dropped(napt::with_byte(udp, 6, 1), DropReason::inner_protocol, "ICMP of IPv4");
}

TEST_P(AtAnother, a_flow_goes_out_and_comes_back) {
    for (const Kind kind : {Kind::udp, Kind::tcp, Kind::echo_request}) {
        const Ends flow = open(kind, GetParam());
        EXPECT_EQ(flow.outside.source, us());
        const Outcome in = get(answer(kind, reversed(flow.outside)));
        ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
        EXPECT_EQ(opened(in.frame), one_hop_less(answer(kind, reversed(flow.inside))));
    }
}

TEST_P(AtAnother, frames_for_many_and_addresses_of_nobody_are_refused) {
    const Ends flow = open(Kind::udp, GetParam());
    Bytes frame = from_general_node(answer(Kind::udp, reversed(flow.outside)));
    EXPECT_EQ(receive(frame).fate, Fate::transmit);
    frame[0] |= 1;
    EXPECT_EQ(receive(frame).reason, DropReason::not_our_mac);
    const PacketEnds beside{gn(), 443, is_ipv4() ? cn4.address : cn6.address, first_public_port};
    expect_dropped(packet_of(Kind::udp, beside, {}), DropReason::not_our_address, "no public one");
}

// What Ethernet pads a short frame with is none of the packet's.
TEST_P(AtAnother, padding_is_left_out) {
    const Ends flow = open(Kind::udp, GetParam());
    const Bytes packet = answer(Kind::udp, reversed(flow.outside));
    Bytes frame = from_general_node(packet);
    frame.resize(frame.size() + 20, 0xaa);
    const Outcome in = receive(frame);
    ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
    EXPECT_EQ(opened(in.frame), one_hop_less(answer(Kind::udp, reversed(flow.inside))));
}

// ---- TCP that its end does not wait for (RFC 7857 section 2.2, RFC 5382 REQ-10) ----

class RstFromOutside : public AtItsOwn {
  protected:
    // SYN and SYN-ACK have passed, and the node's last word.
    void SetUp() override {
        flow_ = open(Kind::tcp, GetParam());
        ASSERT_EQ(get(answer(Kind::tcp, reversed(flow_.outside))).fate, Fate::transmit);
        ASSERT_EQ(receive(data(napt::tcp_packet(flow_.inside, 0x10, {}))).fate, Fate::transmit);
    }
    [[nodiscard]] Outcome get_rst(std::uint32_t sequence) {
        Bytes rst = napt::tcp_packet(reversed(flow_.outside), 0x04, {});
        store(rst.data() + (is_ipv4() ? 20 : 40) + 4, Be32::from_host(sequence));
        return get(rst);
    }
    // Which the node gets.
    void receive_rst(std::uint32_t sequence) {
        const Outcome in = get_rst(sequence);
        ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
        EXPECT_TRUE(opened(in.frame));
    }
    // How many sessions are left when the time of a closed connection is over.
    [[nodiscard]] std::uint32_t sessions_later() {
        now_ += std::chrono::seconds{242};
        rs_n_->tend(now_);
        return rs_n_->usage().sessions;
    }
    Ends flow_;
};
INSTANTIATE_TEST_SUITE_P(families, RstFromOutside, ::testing::Values(Family::ipv4, Family::ipv6));

// tcp_packet acknowledges 0x05060708, which is what the node waits for.
TEST_P(RstFromOutside, ends_the_connection_in_time_where_the_node_waits_for_it) {
    receive_rst(0x05060708);
    EXPECT_EQ(rs_n_->usage().sessions, 1U) << "not at once";
    EXPECT_EQ(sessions_later(), 0U);
}

TEST_P(RstFromOutside, ends_nothing_beside_what_the_node_waits_for) {
    for (const std::uint32_t off_window : {0x05060707U, 0U, 0xffffffffU}) {
        EXPECT_EQ(get_rst(off_window).reason, DropReason::napt_reset_off_window);
    }
    receive_rst(0x05060709);
    EXPECT_EQ(sessions_later(), 1U);
    EXPECT_EQ(receive(data(napt::tcp_packet(flow_.inside, 0x10, {}))).fate, Fate::transmit);
}

TEST_P(RstFromOutside, of_no_connection_is_nobodys) {
    PacketEnds stranger = reversed(flow_.outside);
    stranger.source_port = 444;
    EXPECT_EQ(get(napt::tcp_packet(stranger, 0x04, {})).reason, DropReason::napt_no_session);
    EXPECT_EQ(get(napt::tcp_packet(stranger, 0x10, {})).reason, DropReason::napt_no_session);
}

TEST_P(RstFromOutside, keeps_no_connection_either) {
    receive_rst(0x05060708);
    now_ += std::chrono::seconds{200};
    receive_rst(0x05060708);
    now_ += std::chrono::seconds{42};
    rs_n_->tend(now_);
    EXPECT_EQ(rs_n_->usage().sessions, 0U);
}

}  // namespace
}  // namespace ntm::relay::testing
