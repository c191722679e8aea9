// SPDX-License-Identifier: BSD-3-Clause
// The network that the simulation stands on does what its description says.
#include "tests/simulation/world/network.hpp"

#include "tests/simulation/world/frames.hpp"

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NetworkTest : public testing::Test {
  protected:
    HostNumber add_host(const std::string& name) {
        const HostNumber number = received_.size();
        received_.emplace_back();
        return network_.add_host(name, [this, number](const Datagram& datagram) {
            received_[number].push_back(datagram);
        });
    }
    void send(HostNumber from, const Endpoint& to) {
        network_.send(from, {{IpAddress{}, Port{9770}}, to, Bytes{1, 2, 3}});
    }
    SegmentNumber add_nat(NatKind kind) {
        return network_.add_segment(
            {"nat", Prefix::parse("10.0.1.0/24"), {}, kind, IpAddress::parse("198.51.100.1")}
        );
    }
    void run(Duration duration) { events_.run_until(events_.now() + duration); }

    EventQueue events_;
    SeededRandom random_{1};
    Trace trace_;
    Network network_{events_, random_, trace_};
    SegmentNumber global_ = network_.add_segment(
        {"global", Prefix::parse("203.0.113.0/24"), Prefix::parse("2001:db8::/64"), {}, {}}
    );
    std::vector<std::vector<Datagram>> received_;
    const Endpoint public_ = *Endpoint::parse("203.0.113.10:9770");
};

TEST_F(NetworkTest, takes_half_the_round_trip_one_way) {
    const HostNumber a = add_host("a");
    const HostNumber b = add_host("b");
    network_.attach(a, global_);
    network_.attach(b, global_);
    network_.set_round_trip(a, b, milliseconds{38});
    send(b, public_);
    run(milliseconds{18});
    EXPECT_TRUE(received_[a].empty());
    run(milliseconds{1});
    ASSERT_EQ(received_[a].size(), 1U);
    EXPECT_EQ(received_[a][0].remote, *Endpoint::parse("203.0.113.11:9770"));
    EXPECT_EQ(received_[a][0].local, public_);
}

TEST_F(NetworkTest, port_restricted_nat_keeps_one_port_and_lets_in_only_whom_it_sent_to) {
    const HostNumber a = add_host("a");
    const HostNumber b = add_host("b");
    const HostNumber inner = add_host("inner");
    network_.attach(a, global_);
    network_.attach(b, global_);
    network_.attach(inner, add_nat(NatKind::port_restricted));
    send(inner, public_);
    run(seconds{1});
    ASSERT_EQ(received_[a].size(), 1U);
    const Endpoint outside = received_[a][0].remote;
    EXPECT_EQ(outside.address.text(), "198.51.100.1");
    send(a, outside);
    send(b, outside);
    run(seconds{1});
    EXPECT_EQ(received_[inner].size(), 1U);
    send(inner, *Endpoint::parse("203.0.113.11:9770"));
    run(seconds{1});
    ASSERT_EQ(received_[b].size(), 1U);
    EXPECT_EQ(received_[b][0].remote, outside);
    run(seconds{30});
    send(a, outside);
    run(seconds{1});
    EXPECT_EQ(received_[inner].size(), 1U) << "the mapping has timed out";
}

TEST_F(NetworkTest, symmetric_nat_shows_another_port_to_every_peer_and_after_rebinding) {
    const HostNumber a = add_host("a");
    const HostNumber b = add_host("b");
    const HostNumber inner = add_host("inner");
    const SegmentNumber nat = add_nat(NatKind::symmetric);
    network_.attach(a, global_);
    network_.attach(b, global_);
    network_.attach(inner, nat);
    send(inner, public_);
    send(inner, *Endpoint::parse("203.0.113.11:9770"));
    run(seconds{1});
    EXPECT_NE(received_[a].at(0).remote.port, received_[b].at(0).remote.port);
    network_.rebind(nat);
    send(a, received_[a][0].remote);
    send(inner, public_);
    run(seconds{1});
    EXPECT_TRUE(received_[inner].empty());
    EXPECT_NE(received_[a].at(0).remote, received_[a].at(1).remote);
}

TEST_F(NetworkTest, weather_loses_and_duplicates_by_the_seed) {
    const HostNumber a = add_host("a");
    const HostNumber b = add_host("b");
    network_.attach(a, global_);
    network_.attach(b, global_);
    network_.set_weather({.loss_permille = 500, .duplicate_permille = 500});
    for (int i = 0; i < 1000; ++i) {
        send(b, public_);
    }
    run(seconds{1});
    EXPECT_NEAR(static_cast<double>(received_[a].size() + network_.lost()), 1500, 100);
    EXPECT_NEAR(static_cast<double>(network_.lost()), 750, 100);
}

TEST_F(NetworkTest, an_address_is_void_once_its_host_has_left_the_segment) {
    const HostNumber a = add_host("a");
    const HostNumber b = add_host("b");
    network_.attach(a, global_);
    network_.attach(b, global_);
    send(b, public_);
    network_.detach(a, global_);
    run(seconds{1});
    EXPECT_TRUE(received_[a].empty());
    network_.send(a, {public_, *Endpoint::parse("203.0.113.11:9770"), {}});
    EXPECT_EQ(network_.unsendable(), 1U);
}

TEST(FramesTest, a_frame_is_opened_as_it_was_built_and_a_wrong_sum_is_seen) {
    for (const char* text : {"192.0.2.1:1", "[2001:db8::1]:1"}) {
        const Endpoint end = *Endpoint::parse(text);
        const Datagram datagram{end, {end.address, Port{7}}, Bytes{1, 2, 3}};
        Bytes frame = build_frame({{{2}}, {{4}}, 0xb8, 9}, datagram);
        const auto opened = open_frame(frame);
        ASSERT_TRUE(opened) << opened.error();
        EXPECT_EQ(opened->datagram.payload, datagram.payload);
        EXPECT_EQ(opened->datagram.local, datagram.local);
        EXPECT_EQ(opened->datagram.remote, datagram.remote);
        EXPECT_EQ(opened->heads.traffic_class, 0xb8);
        EXPECT_EQ(opened->heads.hop_limit, 9);
        frame.back() ^= 1U;
        EXPECT_FALSE(open_frame(frame));
    }
}

}  // namespace
}  // namespace ntm::simulation
