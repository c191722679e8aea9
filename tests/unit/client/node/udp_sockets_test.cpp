// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/udp_sockets.hpp"

#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>
#include <poll.h>

namespace ntm::client::testing {
namespace {

// A port that is free at the moment.
Result<UdpSockets, std::string> open_somewhere(std::uint16_t& port) {
    for (port = 29770; port < 29870; ++port) {
        auto sockets = UdpSockets::open(Port{port});
        if (sockets) {
            return sockets;
        }
    }
    return Unexpected{std::string{"no port is free"}};
}

std::vector<Datagram> receive(UdpSockets& sockets, Family family, std::size_t count) {
    std::vector<Datagram> all;
    pollfd waiting{sockets.descriptor(family), POLLIN, 0};
    while (all.size() < count && ::poll(&waiting, 1, 2000) > 0) {
        for (Datagram& datagram : sockets.receive(family)) {
            all.push_back(std::move(datagram));
        }
    }
    return all;
}

TEST(UdpSockets, datagrams_keep_order_bytes_and_both_addresses) {
    std::uint16_t port = 0;
    auto sockets = open_somewhere(port);
    ASSERT_TRUE(sockets);
    std::vector<Datagram> sent;
    for (std::uint8_t i = 0; i < 200; ++i) {
        const char* local = i % 2 == 0 ? "127.0.0.1" : "127.0.0.7";
        sent.push_back({{ip(local), Port{port}}, {ip("127.0.0.9"), Port{port}}, Bytes(i + 1U, i)});
    }
    sockets->send(sent);
    const auto received = receive(*sockets, Family::ipv4, sent.size());
    ASSERT_EQ(received.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(received[i].payload, sent[i].payload);
        EXPECT_EQ(received[i].remote, sent[i].local);
        EXPECT_EQ(received[i].local, sent[i].remote);
    }
}

TEST(UdpSockets, dscp_and_ecn_go_with_the_datagram_in_both_families) {
    std::uint16_t port = 0;
    auto sockets = open_somewhere(port);
    ASSERT_TRUE(sockets);
    for (const char* address : {"127.0.0.1", "::1"}) {
        const Endpoint here{ip(address), Port{port}};
        std::vector<Datagram> sent;
        for (const int traffic_class : {0, 1, 2, 3, 0xb8, 0xff, 0}) {
            sent.push_back({here, here, Bytes{9}, static_cast<std::uint8_t>(traffic_class)});
        }
        sockets->send(sent);
        const auto received = receive(*sockets, here.address.family(), sent.size());
        ASSERT_EQ(received.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); ++i) {
            EXPECT_EQ(received[i].traffic_class, sent[i].traffic_class);
            EXPECT_EQ(received[i].local, here);
        }
    }
}

TEST(UdpSockets, one_that_can_not_go_does_not_hold_up_the_others) {
    std::uint16_t port = 0;
    auto sockets = open_somewhere(port);
    ASSERT_TRUE(sockets);
    const Endpoint here{ip("127.0.0.1"), Port{port}};
    const Endpoint not_ours{ip("203.0.113.99"), Port{port}};
    sockets->send(std::vector<Datagram>{
        {here, here, Bytes{1}}, {not_ours, here, Bytes{2}}, {here, here, Bytes{3}}});
    const auto received = receive(*sockets, Family::ipv4, 2);
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[1].payload, Bytes{3});
    EXPECT_EQ(sockets->dropped(), 1U);
}

TEST(UdpSockets, a_port_that_is_taken_is_an_error_with_its_number) {
    std::uint16_t port = 0;
    auto sockets = open_somewhere(port);
    ASSERT_TRUE(sockets);
    const auto second = UdpSockets::open(Port{port});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find(std::to_string(port)), std::string::npos);
}

}  // namespace
}  // namespace ntm::client::testing
