// SPDX-License-Identifier: BSD-3-Clause
// ICMP and ICMPv6 errors through an RS-N, both ways: what they quote is told as its reader knows it, and
// what quotes nothing of a node's is refused. Rows: S-10, I-3, I-4, I-5, I-13.
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>
#include <functional>

namespace ntm::relay::testing {
namespace {

using napt::error_packet;
using napt::ErrorShape;
using napt::Kind;
using napt::packet_of;

constexpr Kind kinds[] = {Kind::udp, Kind::tcp, Kind::echo_request};

// The family of all packets, and whether the public address is the relay's own.
class RsNCarriedErrors : public RsNTest,
                         public ::testing::WithParamInterface<std::tuple<Family, bool>> {
  protected:
    RsNCarriedErrors() : RsNTest{is_own() ? own_public : other_public} { install(); }

    [[nodiscard]] static Family family() { return std::get<Family>(GetParam()); }
    [[nodiscard]] static bool is_own() { return std::get<bool>(GetParam()); }
    [[nodiscard]] static bool is_ipv4() { return family() == Family::ipv4; }
    [[nodiscard]] static std::size_t header() { return is_ipv4() ? 20 : 40; }
    [[nodiscard]] const IpAddress& public_address() const { return public_.of(family()); }

    [[nodiscard]] static const IpAddress& router() {
        return is_ipv4() ? napt::router4 : napt::router6;
    }
    [[nodiscard]] static const IpAddress& vip() { return is_ipv4() ? vip4 : vip6; }
    [[nodiscard]] static const IpAddress& gn_vip() { return is_ipv4() ? gn_vip4 : gn_vip6; }
    [[nodiscard]] static const IpAddress& gn() { return is_ipv4() ? gn4 : gn6; }

    // From a router on the way, to the public address.
    [[nodiscard]] Outcome receive_error(const ErrorShape& shape, ByteView quote) {
        return receive(from_general_node(error_packet(router(), public_address(), shape, quote)));
    }
    [[nodiscard]] Outcome receive_error(ByteView quote) {
        return receive(from_general_node(error_packet(router(), public_address(), quote)));
    }
    [[nodiscard]] Outcome send_error(ByteView quote) {
        return receive(data(error_packet(vip(), gn_vip(), quote)));
    }
};

INSTANTIATE_TEST_SUITE_P(
    families_and_addresses,
    RsNCarriedErrors,
    ::testing::Combine(::testing::Values(Family::ipv4, Family::ipv6), ::testing::Bool())
);

std::vector<ErrorShape> all_errors(Family family) {
    return family == Family::ipv4
               ? std::vector<ErrorShape>{{3, 1, 0}, {3, 4, 1280}, {11, 0, 0}, {12, 0, 20U << 24}}
               : std::vector<ErrorShape>{{1, 3, 0}, {2, 0, 1280}, {3, 0, 0}, {4, 1, 6}};
}

// Whole, as little as any router sends, and of IPv4 with options too.
std::vector<std::function<Bytes(Bytes)>> all_quotings(Family family) {
    const std::size_t least = family == Family::ipv4 ? 28 : 48;
    std::vector<std::function<Bytes(Bytes)>> all{
        [](Bytes whole) { return whole; },
        [least](Bytes whole) {
            whole.resize(least);
            return whole;
        }};
    if (family == Family::ipv4) {
        all.emplace_back([](const Bytes& whole) { return napt::with_options(whole); });
    }
    return all;
}

TEST_P(RsNCarriedErrors, come_in_for_what_the_node_sent) {
    for (const Kind kind : kinds) {
        const Ends flow = open(kind, family());
        const Bytes left = one_hop_less(first_packet(kind, flow.outside));
        const Bytes sent = one_hop_less(first_packet(kind, flow.inside));
        for (const auto& quoting : all_quotings(family())) {
            for (const ErrorShape& shape : all_errors(family())) {
                const Outcome in = receive_error(shape, quoting(left));
                ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
                const Bytes told = error_packet(gn_vip(), vip(), shape, quoting(sent));
                EXPECT_EQ(opened(in.frame), one_hop_less(told));
            }
        }
    }
}

// RFC 4884: the quote is padded, and behind it stands more, which is the reader's.
TEST_P(RsNCarriedErrors, come_in_with_their_extensions) {
    const Ends flow = open(Kind::udp, family());
    const ErrorShape shape =
        is_ipv4() ? ErrorShape{11, 0, 128U / 4 << 16} : ErrorShape{3, 0, 128U / 8 << 24};
    const auto extended = [](const PacketEnds& ends) {
        Bytes quote = one_hop_less(first_packet(Kind::udp, ends));
        quote.resize(128);
        append(quote, Bytes{0x20, 0, 0x12, 0x34, 0, 8, 1, 1, 0xde, 0xad, 0xbe, 0xef});
        return quote;
    };
    const Outcome in = receive_error(shape, extended(flow.outside));
    ASSERT_EQ(in.fate, Fate::transmit) << describe(in.reason).name;
    const Bytes told = error_packet(gn_vip(), vip(), shape, extended(flow.inside));
    EXPECT_EQ(opened(in.frame), one_hop_less(told));
}

TEST_P(RsNCarriedErrors, go_out_for_what_the_node_got) {
    for (const Kind kind : kinds) {
        const Ends flow = open(kind, family());
        const Bytes sent = answer(kind, reversed(flow.outside));
        const auto got = opened(receive(from_general_node(sent)).frame);
        ASSERT_TRUE(got);
        for (const auto& quoting : all_quotings(family())) {
            const Outcome out = send_error(quoting(*got));
            ASSERT_EQ(out.fate, Fate::transmit) << describe(out.reason).name;
            EXPECT_EQ(out.port, 1);
            const Bytes told = error_packet(public_address(), gn(), quoting(one_hop_less(sent)));
            EXPECT_EQ(inner_of(out.frame), one_hop_less(told));
        }
    }
}

// ---- What is refused ----

// What is done to a quote of UDP that is right.
struct Damage {
    const char* what;
    DropReason reason;
    // Whether the relay can still tell that its own address got the error for a node.
    bool has_port;
    std::function<Bytes(Bytes)> make;
};

Bytes first_bytes(Bytes packet, std::size_t count) {
    packet.resize(count);
    return packet;
}

Bytes with_protocol(const Bytes& packet, std::uint8_t protocol) {
    return napt::with_byte(packet, packet[0] >> 4 == 4 ? 9 : 6, protocol);
}

Bytes with_fragment(const Bytes& packet) {
    return packet[0] >> 4 == 4 ? napt::with_byte(packet, 7, 1) : with_protocol(packet, 44);
}

std::vector<Damage> all_damages(Family family) {
    const bool is_ipv4 = family == Family::ipv4;
    const std::size_t header = is_ipv4 ? 20 : 40;
    const auto cut = [](std::size_t at) {
        return [at](Bytes quote) {
            return first_bytes(std::move(quote), at);
        };
    };
    const auto turned_into = [](std::uint8_t protocol) {
        return [protocol](const Bytes& quote) {
            return with_protocol(quote, protocol);
        };
    };
    std::vector<Damage> all{
        {"nothing", DropReason::bad_quote, false, cut(0)},
        {"half a header", DropReason::bad_quote, false, cut(header - 1)},
        {"a header alone", DropReason::bad_quote, false, cut(header)},
        {"7 bytes behind it", DropReason::bad_quote, true, cut(header + 7)},
        {"GRE", DropReason::bad_quote, true, turned_into(47)},
        {"IPv4 in IP", DropReason::bad_quote, true, turned_into(4)},
        {"IPv6 in IP", DropReason::bad_quote, true, turned_into(41)},
        {"ESP", DropReason::bad_quote, true, turned_into(50)},
        {"AH", DropReason::bad_quote, true, turned_into(51)},
        {"SCTP", DropReason::bad_quote, true, turned_into(132)},
        {"a fragment", DropReason::bad_quote, true, with_fragment},
        {"another version", DropReason::bad_quote, true, [](Bytes quote) {
             quote[0] ^= 0x10;
             if (quote[0] >> 4 == 5) {
                 napt::repair_ipv4_header(quote);
             }
             return quote;
         }}};
    if (is_ipv4) {
        all.push_back({"a wrong header", DropReason::inner_icmp_checksum, true, [](Bytes quote) {
                           quote[8] ^= 1;
                           return quote;
                       }});
        for (const std::uint8_t first : std::initializer_list<std::uint8_t>{0x44, 0x4f}) {
            all.push_back({"another header length", DropReason::bad_quote, false, [=](Bytes quote) {
                               return napt::with_byte(std::move(quote), 0, first);
                           }});
        }
    }
    return all;
}

TEST_P(RsNCarriedErrors, are_refused_for_what_they_quote) {
    const Ends flow = open(Kind::udp, family());
    const Bytes left = first_packet(Kind::udp, flow.outside);
    const Bytes got = first_packet(Kind::udp, reversed(flow.inside));
    for (const Damage& damage : all_damages(family())) {
        const Outcome in = receive_error(damage.make(left));
        if (is_own() && !damage.has_port) {
            EXPECT_EQ(in.fate, Fate::punt) << damage.what;
        } else {
            EXPECT_EQ(describe(in.reason).name, describe(damage.reason).name) << damage.what;
        }
        const Outcome out = send_error(damage.make(got));
        EXPECT_EQ(describe(out.reason).name, describe(damage.reason).name) << damage.what;
    }
    EXPECT_EQ(receive_error(left).fate, Fate::transmit);
    EXPECT_EQ(send_error(got).fate, Fate::transmit);
}

// A node's error whose fourth word begins with a port that is in use: it would be the identifier of an
// echo.
TEST_P(RsNCarriedErrors, are_refused_about_errors) {
    const Ends flow = open(Kind::udp, family());
    const std::uint32_t rest = std::uint32_t{flow.outside.source_port} << 16;
    const std::uint8_t problem = is_ipv4() ? 12 : 4;
    const Bytes error = error_packet(
        public_address(), gn(), {problem, 0, rest}, first_packet(Kind::udp, reversed(flow.outside))
    );
    EXPECT_EQ(receive_error(error).reason, DropReason::bad_quote);
    const Bytes seen =
        error_packet(gn_vip(), vip(), {problem, 0, rest}, first_packet(Kind::udp, flow.inside));
    EXPECT_EQ(send_error(seen).reason, DropReason::bad_quote);
}

// The length of the quote in words (RFC 4884), shorter than a quote may be or longer than all.
TEST_P(RsNCarriedErrors, may_lie_about_the_length_of_their_quotes) {
    const Ends flow = open(Kind::udp, family());
    const Bytes left = first_packet(Kind::udp, flow.outside);
    const auto outcome = [&](std::uint32_t words) {
        return receive_error(
            is_ipv4() ? ErrorShape{11, 0, words << 16} : ErrorShape{3, 0, words << 24}, left
        );
    };
    EXPECT_EQ(outcome(1).reason, DropReason::bad_quote);
    EXPECT_EQ(outcome(5).reason, DropReason::bad_quote);
    EXPECT_EQ(outcome(255).fate, Fate::transmit);
}

TEST_P(RsNCarriedErrors, are_refused_with_wrong_checksums_or_lengths) {
    const Ends flow = open(Kind::udp, family());
    const Bytes good =
        error_packet(router(), public_address(), first_packet(Kind::udp, flow.outside));
    for (const std::size_t at : {header() + 1, header() + 3, good.size() - 1}) {
        Bytes wrong = good;
        wrong[at] ^= 1;
        EXPECT_EQ(receive(from_general_node(wrong)).reason, DropReason::inner_icmp_checksum) << at;
    }
    const auto with_length = [&good](int more) {
        const std::size_t at = is_ipv4() ? 3 : 5;
        return from_general_node(
            napt::with_byte(good, at, static_cast<std::uint8_t>(good[at] + more))
        );
    };
    EXPECT_EQ(receive(with_length(-1)).reason, DropReason::inner_icmp_checksum);
    EXPECT_EQ(
        receive(with_length(1)).reason,
        is_ipv4() ? DropReason::truncated_ipv4 : DropReason::truncated_ipv6
    );
    const Bytes got = error_packet(vip(), gn_vip(), first_packet(Kind::udp, reversed(flow.inside)));
    Bytes wrong = got;
    wrong.back() ^= 1;
    EXPECT_EQ(receive(data(wrong)).reason, DropReason::inner_icmp_checksum);
    EXPECT_EQ(receive(data(first_bytes(got, got.size() - 1))).reason, DropReason::inner_ip_length);
}

TEST_P(RsNCarriedErrors, are_refused_about_what_was_never_sent) {
    const Ends flow = open(Kind::udp, family());
    const PacketEnds left = flow.outside;
    const std::uint16_t free =
        left.source_port == last_public_port ? first_public_port : last_public_port;
    const auto reason_about = [this](Kind kind, const PacketEnds& ends) {
        return receive_error(first_packet(kind, ends)).reason;
    };
    const DropReason unknown = DropReason::unknown_quote;
    EXPECT_EQ(reason_about(Kind::udp, {left.source, free, left.destination, 443}), unknown);
    EXPECT_EQ(reason_about(Kind::udp, {left.source, left.source_port, gn(), 444}), unknown);
    EXPECT_EQ(reason_about(Kind::udp, {left.source, left.source_port, router(), 443}), unknown);
    EXPECT_EQ(reason_about(Kind::udp, {gn(), left.source_port, gn(), 443}), unknown);
    EXPECT_EQ(reason_about(Kind::tcp, left), unknown);
    EXPECT_EQ(reason_about(Kind::echo_request, left), unknown);
    const Bytes reply =
        packet_of(Kind::echo_reply, {left.source, 0, left.destination, left.source_port}, {});
    EXPECT_EQ(receive_error(reply).reason, unknown);

    const PacketEnds got = reversed(flow.inside);
    EXPECT_EQ(send_error(first_packet(Kind::tcp, got)).reason, unknown);
    EXPECT_EQ(send_error(first_packet(Kind::udp, {gn_vip(), 443, vip(), 5001})).reason, unknown);
    EXPECT_EQ(send_error(first_packet(Kind::echo_request, got)).reason, unknown);
}

TEST_P(RsNCarriedErrors, that_are_none_of_the_nodes_business_are_refused) {
    static_cast<void>(open(Kind::udp, family()));
    // The node answers nobody's echo, and nobody asks it for one.
    const Bytes reply = packet_of(Kind::echo_reply, ends_of(family()).inside, {});
    EXPECT_EQ(receive(data(reply)).reason, DropReason::inner_icmp_type);
    const PacketEnds to_us{gn(), 9, public_address(), 0};
    const Outcome request = receive(from_general_node(packet_of(Kind::echo_request, to_us, {})));
    if (is_own()) {
        EXPECT_EQ(request.punt_class, static_cast<std::uint8_t>(PuntClass::host));
        EXPECT_EQ(request.fate, Fate::punt);
    } else {
        EXPECT_EQ(request.reason, DropReason::inner_icmp_type);
    }
    // Types that no NAT carries: source quench and redirect, neighbour solicitation and redirect.
    const std::uint8_t others4[] = {4, 5};
    const std::uint8_t others6[] = {135, 137};
    for (const std::uint8_t type : is_ipv4() ? others4 : others6) {
        const Bytes quote = first_packet(Kind::udp, ends_of(family(), public_).outside);
        const Outcome in = receive_error({type, 0, 0}, quote);
        EXPECT_EQ(in.fate, is_own() ? Fate::punt : Fate::drop);
        EXPECT_EQ(in.reason, is_own() ? DropReason::none : DropReason::inner_icmp_type);
        const Bytes out = error_packet(vip(), gn_vip(), {type, 0, 0}, quote);
        EXPECT_EQ(receive(data(out)).reason, DropReason::inner_icmp_type);
    }
}

TEST_P(RsNCarriedErrors, are_refused_at_their_last_hop) {
    const Ends flow = open(Kind::udp, family());
    const std::size_t hops_at = is_ipv4() ? 8 : 7;
    const Bytes in =
        error_packet(router(), public_address(), first_packet(Kind::udp, flow.outside));
    EXPECT_EQ(
        receive(from_general_node(napt::with_byte(in, hops_at, 1))).reason, DropReason::ttl_expired
    );
    const Bytes out = error_packet(vip(), gn_vip(), first_packet(Kind::udp, reversed(flow.inside)));
    EXPECT_EQ(receive(data(napt::with_byte(out, hops_at, 1))).reason, DropReason::ttl_expired);
}

}  // namespace
}  // namespace ntm::relay::testing
