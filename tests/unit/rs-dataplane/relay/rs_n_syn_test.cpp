// SPDX-License-Identifier: BSD-3-Clause
// SYNs from outside that a filter keeps out: nobody answers them for six seconds. Rows: T-4, T-2a, I-10.
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

namespace ntm::relay::testing {
namespace {

using napt::ErrorShape;
using napt::Kind;

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t syn_ack = 0x12;
constexpr std::uint16_t strangers_port = 6000;
constexpr std::size_t errors_at_once = 100;

class RsNSyn : public RsNTest, public ::testing::WithParamInterface<Family> {
  protected:
    RsNSyn() {
        settings_.targets = TargetFilter{own_list()};
        install();
        flow_ = open(Kind::tcp, GetParam());
    }
    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static IpAddress stranger() {
        return is_ipv4() ? address("192.0.2.99") : address("2001:db8:99::99");
    }
    [[nodiscard]] PacketEnds from(const IpAddress& source, std::uint16_t port) const {
        return {source, port, flow_.outside.source, flow_.outside.source_port};
    }
    [[nodiscard]] Bytes strangers_syn(std::uint16_t port = strangers_port) const {
        return napt::tcp_packet(from(stranger(), port), syn, {});
    }
    void expect_filtered(const Bytes& packet) {
        const Outcome got = receive(from_general_node(packet));
        EXPECT_EQ(got.fate, Fate::drop);
        EXPECT_EQ(got.reason, DropReason::napt_syn_filtered);
    }
    // The node's path leads to the stranger by now.
    void redirect() {
        path_.end->general_nodes = {
            {gn_vip4, is_ipv4() ? stranger() : gn4, 1}, {gn_vip6, is_ipv4() ? gn6 : stranger(), 1}};
        replace();
    }
    [[nodiscard]] Outcome node_sends(std::uint8_t flags) {
        PacketEnds ends = flow_.inside;
        ends.destination_port = strangers_port;
        return receive(data(napt::tcp_packet(ends, flags, {})));
    }
    Ends flow_;
};

INSTANTIATE_TEST_SUITE_P(Families, RsNSyn, ::testing::Values(Family::ipv4, Family::ipv6));

TEST_P(RsNSyn, is_answered_by_an_error_after_six_seconds_and_no_sooner) {
    expect_filtered(strangers_syn());
    EXPECT_FALSE(own());
    now_ += std::chrono::milliseconds{5999};
    EXPECT_FALSE(own());
    now_ += std::chrono::milliseconds{1};
    const auto got = own();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->fate, Fate::transmit);
    EXPECT_EQ(got->port, 0) << "where the SYN came in";
    const EthernetAddresses back{router0, rs_mac0};
    EXPECT_EQ(load<EthernetAddresses>(got->frame.data()), back);
    const ErrorShape shape = is_ipv4() ? ErrorShape{3, 3} : ErrorShape{1, 4};
    EXPECT_EQ(
        inner_of(got->frame),
        with_own_header(napt::error_packet(flow_.outside.source, stranger(), shape, strangers_syn())
        )
    );
    EXPECT_FALSE(own()) << "once";
    const auto counted_as = static_cast<std::size_t>(DropReason::napt_syn_filtered);
    EXPECT_EQ(worker_counters_.icmp_errors[counted_as].value(), 1U);
}

TEST_P(RsNSyn, is_not_answered_where_the_inside_opens_the_same_connection) {
    expect_filtered(strangers_syn());
    now_ += std::chrono::seconds{3};
    redirect();
    ASSERT_EQ(node_sends(syn).fate, Fate::transmit);
    now_ += std::chrono::seconds{3};
    EXPECT_FALSE(own());
}

// T-2a: the second of the two SYNs, and both SYN-ACKs.
TEST_P(RsNSyn, comes_in_when_both_open_the_same_connection) {
    expect_filtered(strangers_syn());
    redirect();
    ASSERT_EQ(node_sends(syn).fate, Fate::transmit);
    EXPECT_TRUE(opened(receive(from_general_node(strangers_syn())).frame));
    EXPECT_EQ(node_sends(syn_ack).fate, Fate::transmit);
    const PacketEnds ends = from(stranger(), strangers_port);
    const Bytes answer = napt::tcp_packet(ends, syn_ack, {});
    EXPECT_TRUE(opened(receive(from_general_node(answer)).frame));
}

// I-10.
TEST_P(RsNSyn, is_answered_within_the_limit_of_errors) {
    for (std::uint16_t i = 0; i < errors_at_once + 20; ++i) {
        expect_filtered(strangers_syn(static_cast<std::uint16_t>(strangers_port + i)));
    }
    now_ += std::chrono::seconds{6};
    std::size_t answered = 0;
    while (own()) {
        ++answered;
    }
    EXPECT_EQ(answered, errors_at_once);
    now_ += std::chrono::seconds{1};
    EXPECT_FALSE(own()) << "the others get none later";
}

// I-10: what has no sender, or one that the relay does not send to.
TEST_P(RsNSyn, is_not_answered_where_nobody_can_be) {
    const std::vector<const char*> sources =
        is_ipv4() ? std::vector{"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.0.1"}
                  : std::vector{"::", "::1", "ff02::1", "fe80::1", "fd00:a::1"};
    for (const char* source : sources) {
        expect_filtered(napt::tcp_packet(from(address(source), strangers_port), syn, {}));
    }
    Bytes from_many = from_general_node(strangers_syn());
    from_many[6] |= 1;
    EXPECT_EQ(receive(from_many).reason, DropReason::napt_syn_filtered);
    now_ += std::chrono::seconds{6};
    EXPECT_FALSE(own());
}

TEST_P(RsNSyn, is_not_answered_without_a_buffer) {
    expect_filtered(strangers_syn());
    made_.buffers = 0;
    now_ += std::chrono::seconds{6};
    EXPECT_FALSE(own());
    EXPECT_EQ(dropped(DropReason::no_buffer), 1U);
}

// One that is longer than anybody's has its beginning quoted.
TEST_P(RsNSyn, quotes_no_more_than_a_syn_has) {
    const PacketEnds ends = from(stranger(), strangers_port);
    const Bytes with_data = napt::tcp_packet(ends, syn, {}, Bytes(500, 7));
    expect_filtered(with_data);
    now_ += std::chrono::seconds{6};
    const auto got = own();
    ASSERT_TRUE(got);
    const ErrorShape shape = is_ipv4() ? ErrorShape{3, 3} : ErrorShape{1, 4};
    const Bytes quote{with_data.begin(), with_data.begin() + 128};
    EXPECT_EQ(
        inner_of(got->frame),
        with_own_header(napt::error_packet(flow_.outside.source, stranger(), shape, quote))
    );
}

}  // namespace
}  // namespace ntm::relay::testing
