// SPDX-License-Identifier: BSD-3-Clause
#include "control/udp_socket.hpp"

#include "control/telemetry.hpp"

#include <utility>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace ntm::control {

namespace {

constexpr Port first_port{39770};
constexpr Port second_port{39771};
const IpAddress loopback = *IpAddress::parse("127.0.0.1");

void await(const UdpSocket& socket) {
    pollfd waited{socket.descriptor(), POLLIN, 0};
    ASSERT_EQ(poll(&waited, 1, 5000), 1);
}

TEST(UdpSocket, CountsWhatIsTooLongAndWhatCanNotBeSent) {
    std::vector<UdpSocket> sockets;
    for (const Port port : {first_port, second_port}) {
        auto socket = UdpSocket::open(Family::ipv4, port);
        ASSERT_TRUE(socket) << socket.error();
        sockets.push_back(*std::move(socket));
    }
    const Endpoint from{loopback, first_port};
    const Endpoint to{loopback, second_port};
    ASSERT_TRUE(sockets[0].send({from, to, Bytes(3000)}));
    ASSERT_TRUE(sockets[0].send({from, to, Bytes(100)}));
    EXPECT_FALSE(sockets[0].send({{*IpAddress::parse("192.0.2.250"), first_port}, to, Bytes(10)}));

    std::size_t taken = 0;
    for (int i = 0; i < 2 && taken == 0; ++i) {
        await(sockets[1]);
        sockets[1].receive([&](const Datagram& datagram) { taken = datagram.payload.size(); }, 8);
    }
    EXPECT_EQ(taken, 100U);
    EXPECT_EQ(sockets[1].counters().truncated, 1U);
    EXPECT_EQ(sockets[1].counters().received, 1U);

    const admin::Json json = sockets_json(sockets);
    EXPECT_EQ(json.at("sent"), 2U);
    EXPECT_EQ(json.at("send_failed"), 1U);
    EXPECT_EQ(json.at("truncated"), 1U);
    EXPECT_EQ(json.at("received"), 1U);
}

TEST(UdpSockets, AreOfTheFamiliesThatTheRelayHas) {
    const IpAddress ipv6 = *IpAddress::parse("::1");
    // As on a host without IPv6: no IPv6 socket can be had on this port.
    const auto taken = UdpSocket::open(Family::ipv6, first_port);
    ASSERT_TRUE(taken) << taken.error();
    const auto only_ipv4 = open_sockets({loopback, loopback}, first_port);
    ASSERT_TRUE(only_ipv4) << only_ipv4.error();
    ASSERT_EQ(only_ipv4->size(), 1U);
    EXPECT_EQ(only_ipv4->front().family(), Family::ipv4);
    EXPECT_FALSE(open_sockets({loopback, ipv6}, first_port));
    const auto both = open_sockets({ipv6, loopback}, second_port);
    ASSERT_TRUE(both) << both.error();
    EXPECT_EQ(both->size(), 2U);
}

TEST(UdpSocket, NeverLetsTheKernelFragment) {
    struct Choice {
        int level;
        int option;
        int wanted;
    };
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto socket = UdpSocket::open(family, first_port);
        ASSERT_TRUE(socket) << socket.error();
        const Choice choice = family == Family::ipv4
                                  ? Choice{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE}
                                  : Choice{IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE};
        int value = -1;
        socklen_t size = sizeof(value);
        ASSERT_EQ(getsockopt(socket->descriptor(), choice.level, choice.option, &value, &size), 0);
        EXPECT_EQ(value, choice.wanted);
    }
}

}  // namespace

}  // namespace ntm::control
