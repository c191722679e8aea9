// SPDX-License-Identifier: BSD-3-Clause
#include "control/udp_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::control {

namespace {

constexpr std::size_t largest_datagram = 2048;  // signalling has 1200 bytes at most
constexpr int buffer_size = 2 << 20;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

SocketAddress to_system(const Endpoint& endpoint) {
    SocketAddress made;
    if (endpoint.address.is_ipv4()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port.number);
        std::memcpy(&address.sin_addr, endpoint.address.padded().data(), 4);
        std::memcpy(&made.storage, &address, sizeof(address));
        made.length = sizeof(address);
        return made;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port.number);
    std::memcpy(&address.sin6_addr, endpoint.address.padded().data(), 16);
    std::memcpy(&made.storage, &address, sizeof(address));
    made.length = sizeof(address);
    return made;
}

Endpoint from_system(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, &storage, sizeof(address));
        Ipv4Address ipv4;
        std::memcpy(ipv4.bytes.data(), &address.sin_addr, 4);
        return {ipv4, Port{ntohs(address.sin_port)}};
    }
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    Ipv6Address ipv6;
    std::memcpy(ipv6.bytes.data(), &address.sin6_addr, 16);
    return {ipv6, Port{ntohs(address.sin6_port)}};
}

// The own address that the kernel noted beside a datagram.
IpAddress local_of(msghdr& message, Family family) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(part), sizeof(info));
            Ipv4Address ipv4;
            std::memcpy(ipv4.bytes.data(), &info.ipi_addr, 4);
            return ipv4;
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(part), sizeof(info));
            Ipv6Address ipv6;
            std::memcpy(ipv6.bytes.data(), &info.ipi6_addr, 16);
            return ipv6;
        }
    }
    return family == Family::ipv4 ? IpAddress{Ipv4Address{}} : IpAddress{Ipv6Address{}};
}

template <typename Info>
void put_source(msghdr& message, MutableByteView control, int level, int type, const Info& info) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(Info));
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(sizeof(Info));
    std::memcpy(CMSG_DATA(part), &info, sizeof(info));
}

void put_source(msghdr& message, MutableByteView control, const IpAddress& source) {
    if (source.is_ipv4()) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, source.padded().data(), 4);
        put_source(message, control, IPPROTO_IP, IP_PKTINFO, info);
        return;
    }
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, source.padded().data(), 16);
    put_source(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

bool set(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof(value)) == 0;
}

// Each option on its own line, since the error is about the first that fails. Every outer packet has
// DF (docs/protocol.md section 7), whatever the kernel believes of the path.
bool set_up(int descriptor, Family family) {
    if (family == Family::ipv4) {
        return set(descriptor, IPPROTO_IP, IP_PKTINFO, 1) &&
               set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    }
    return set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

using ControlBuffer = std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo)) + 64>;

}  // namespace

Result<UdpSocket, std::string> UdpSocket::open(Family family, Port port) {
    const int domain = family == Family::ipv4 ? AF_INET : AF_INET6;
    const int made = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const IpAddress any =
        family == Family::ipv4 ? IpAddress{Ipv4Address{}} : IpAddress{Ipv6Address{}};
    SocketAddress address = to_system({any, port});
    auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address.storage));
    if (made < 0 || !set_up(made, family) || bind(made, generic, address.length) != 0) {
        const std::string why = std::strerror(errno);
        if (made >= 0) {
            ::close(made);
        }
        return Unexpected{"can not listen on UDP port " + std::to_string(port.number) + ": " + why};
    }
    // Bursts of Requests after a restart; a smaller buffer only costs repeats.
    static_cast<void>(set(made, SOL_SOCKET, SO_RCVBUFFORCE, buffer_size));
    return UdpSocket{made, family, port};
}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)},
      family_{other.family_},
      port_{other.port_},
      counters_{other.counters_} {}

UdpSocket::~UdpSocket() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::size_t UdpSocket::receive(const std::function<void(const Datagram&)>& take, std::size_t most) {
    std::array<std::uint8_t, largest_datagram> payload;
    alignas(cmsghdr) ControlBuffer control;
    for (std::size_t count = 0; count < most; ++count) {
        sockaddr_storage from{};
        iovec part{payload.data(), payload.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof(from);
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t length = recvmsg(descriptor_, &message, 0);
        if (length < 0) {
            return count;
        }
        if ((message.msg_flags & MSG_TRUNC) != 0) {
            ++counters_.truncated;
            continue;
        }
        ++counters_.received;
        const ByteView bytes = ByteView{payload}.first(static_cast<std::size_t>(length));
        take(
            {{local_of(message, family_), port_},
             from_system(from),
             Bytes{bytes.begin(), bytes.end()}}
        );
    }
    return most;
}

bool UdpSocket::send(const Datagram& datagram) {
    SocketAddress to = to_system(datagram.remote);
    alignas(cmsghdr) ControlBuffer control{};
    Bytes payload = datagram.payload;
    iovec part{payload.data(), payload.size()};
    msghdr message{};
    message.msg_name = &to.storage;
    message.msg_namelen = to.length;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!datagram.local.address.is_unspecified()) {
        put_source(message, control, datagram.local.address);
    }
    const bool is_sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL) >= 0;
    ++(is_sent ? counters_.sent : counters_.send_failed);
    return is_sent;
}

Result<std::vector<UdpSocket>, std::string> open_sockets(
    const std::vector<IpAddress>& addresses, Port port
) {
    std::vector<UdpSocket> sockets;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (std::ranges::find(addresses, family, &IpAddress::family) == addresses.end()) {
            continue;
        }
        auto socket = UdpSocket::open(family, port);
        if (!socket) {
            return Unexpected{socket.error()};
        }
        sockets.push_back(*std::move(socket));
    }
    return sockets;
}

}  // namespace ntm::control
