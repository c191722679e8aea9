// SPDX-License-Identifier: BSD-3-Clause
#include "dc/udp_sockets.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ntm::dc {
namespace {

constexpr Port port{39773};

int option(int socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    return getsockopt(socket, level, name, &value, &size) == 0 ? value : -1;
}

// The descriptors of this process that are sockets on the port.
std::vector<int> sockets_on_port() {
    std::vector<int> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        const int descriptor = std::stoi(entry.path().filename());
        sockaddr_in6 bound{};
        socklen_t size = sizeof(bound);
        void* const untyped = &bound;
        // The port lies at the same place in both families' addresses.
        if (getsockname(descriptor, static_cast<sockaddr*>(untyped), &size) == 0 &&
            (bound.sin6_family == AF_INET || bound.sin6_family == AF_INET6) &&
            ntohs(bound.sin6_port) == port.number) {
            found.push_back(descriptor);
        }
    }
    return found;
}

TEST(UdpSockets, NeverLetTheKernelFragment) {
    asio::io_context loop;
    const auto sockets = UdpSockets::open(loop, {}, port);
    ASSERT_TRUE(sockets) << sockets.error();
    const std::vector<int> opened = sockets_on_port();
    ASSERT_EQ(opened.size(), 2U);
    for (const int socket : opened) {
        if (option(socket, SOL_SOCKET, SO_DOMAIN) == AF_INET) {
            EXPECT_EQ(option(socket, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_PROBE);
        } else {
            EXPECT_EQ(option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_PROBE);
        }
    }
}

TEST(UdpSockets, ReadNoMoreUntilTheyMay) {
    asio::io_context loop;
    const Endpoint here{*IpAddress::parse("127.0.0.1"), port};
    const auto sockets = UdpSockets::open(loop, {here.address}, port);
    ASSERT_TRUE(sockets) << sockets.error();
    std::size_t came = 0;
    bool is_enough = true;
    (*sockets)->start([&](const std::vector<Datagram>& batch) {
        came += batch.size();
        return !is_enough;
    });
    const std::vector<Datagram> many(3 * UdpSockets::most_at_once, {{}, here, Bytes(20)});
    (*sockets)->send(many);
    ASSERT_EQ((*sockets)->send_failures(), 0U);
    loop.run_for(std::chrono::seconds{5});  // until it has nothing to wait for
    EXPECT_EQ(came, UdpSockets::most_at_once);
    (*sockets)->resume();
    loop.restart();
    loop.run_for(std::chrono::seconds{5});
    EXPECT_EQ(came, 2 * UdpSockets::most_at_once);
    is_enough = false;
    (*sockets)->resume();
    loop.restart();
    static_cast<void>(loop.run_one_for(std::chrono::seconds{5}));
    EXPECT_EQ(came, many.size());
}

}  // namespace
}  // namespace ntm::dc
