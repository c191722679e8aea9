// SPDX-License-Identifier: BSD-3-Clause
#include "dc/udp_sockets.hpp"

#include "dc/socket_address.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::dc {

namespace {

// No datagram of signalling is longer than 1200 bytes; a longer one is cut and fails its tag.
constexpr std::size_t longest_datagram = 2048;
// The kernel gives less where its limit is lower: thousands of nodes may come back at once.
constexpr int receive_buffer_size = 4 << 20;
// Of one socket, until the loop looks at what else there is to do.
constexpr std::size_t most_batches = 16;
constexpr std::size_t control_size = 64;  // holds one in_pktinfo or in6_pktinfo

struct Slot {
    sockaddr_storage remote{};
    iovec vector{};
    alignas(cmsghdr) std::array<std::uint8_t, control_size> control{};
    std::array<std::uint8_t, longest_datagram> bytes{};

    [[nodiscard]] msghdr header() noexcept {
        vector = {bytes.data(), bytes.size()};
        msghdr header{};
        header.msg_name = &remote;
        header.msg_namelen = sizeof(remote);
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        return header;
    }
};

// The address that a datagram was sent to; unspecified if the kernel does not say.
IpAddress destination_of(msghdr& header) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            return std::bit_cast<Ipv4Address>(load<in_pktinfo>(CMSG_DATA(part)).ipi_addr);
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            return std::bit_cast<Ipv6Address>(load<in6_pktinfo>(CMSG_DATA(part)).ipi6_addr);
        }
    }
    return {};
}

template <typename Info>
void put_source(msghdr& header, int level, int type, const Info& info) {
    header.msg_controllen = CMSG_SPACE(sizeof(info));
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(sizeof(info));
    store(CMSG_DATA(part), info);
}

void set_source(msghdr& header, const IpAddress& source) {
    if (source.is_ipv4()) {
        in_pktinfo info{};
        info.ipi_spec_dst = std::bit_cast<in_addr>(source.ipv4());
        put_source(header, IPPROTO_IP, IP_PKTINFO, info);
        return;
    }
    in6_pktinfo info{};
    info.ipi6_addr = std::bit_cast<in6_addr>(source.ipv6());
    put_source(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

bool set_option(int socket, int level, int name, int value) {
    return setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

// Every outer packet has DF (docs/protocol.md section 7), whatever the kernel believes of the path:
// signalling fits any.
bool set_options(int socket, bool is_ipv4) {
    if (is_ipv4) {
        return set_option(socket, IPPROTO_IP, IP_PKTINFO, 1) &&
               set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    }
    return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

Result<int, std::string> open_socket(const Endpoint& endpoint) {
    const bool is_ipv4 = endpoint.address.is_ipv4();
    const auto failed = [&](const char* doing) {
        return Unexpected{endpoint.text() + ": " + doing + " failed: " + std::strerror(errno)};
    };
    const int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int socket = ::socket(is_ipv4 ? AF_INET : AF_INET6, type, 0);
    if (socket < 0) {
        return failed("opening a UDP socket");
    }
    const bool is_set = set_options(socket, is_ipv4);
    static_cast<void>(set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_size));
    const SocketAddress address = to_socket_address(endpoint);
    // bind takes any kind of socket address through a pointer to the common one.
    const auto* common = static_cast<const sockaddr*>(static_cast<const void*>(&address.storage));
    if (!is_set || bind(socket, common, address.size) != 0) {
        auto error = failed("listening on UDP");
        ::close(socket);
        return error;
    }
    return socket;
}

}  // namespace

struct UdpSockets::Socket {
    Socket(asio::io_context& loop, int socket, const Endpoint& bound)
        : descriptor{loop, socket}, endpoint{bound}, slots(most_at_once) {}

    asio::posix::stream_descriptor descriptor;
    Endpoint endpoint;
    std::vector<Slot> slots;
    bool is_waiting = false;

    [[nodiscard]] std::vector<Datagram> receive();
};

std::vector<Datagram> UdpSockets::Socket::receive() {
    std::array<mmsghdr, most_at_once> headers{};
    for (std::size_t i = 0; i < headers.size(); ++i) {
        headers[i].msg_hdr = slots[i].header();
    }
    const int count =
        recvmmsg(descriptor.native_handle(), headers.data(), most_at_once, MSG_DONTWAIT, nullptr);
    std::vector<Datagram> batch;
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
        const auto first = slots[i].bytes.begin();
        Datagram datagram;
        datagram.local = {destination_of(headers[i].msg_hdr), endpoint.port};
        datagram.remote = to_endpoint(slots[i].remote);
        datagram.payload.assign(first, first + static_cast<std::ptrdiff_t>(headers[i].msg_len));
        batch.push_back(std::move(datagram));
    }
    return batch;
}

UdpSockets::UdpSockets() = default;
UdpSockets::~UdpSockets() = default;

Result<std::unique_ptr<UdpSockets>, std::string> UdpSockets::open(
    asio::io_context& loop, const std::vector<IpAddress>& addresses, Port port
) {
    std::vector<IpAddress> wanted = addresses;
    if (wanted.empty()) {
        wanted = {IpAddress{Ipv4Address{}}, IpAddress{Ipv6Address{}}};
    }
    std::unique_ptr<UdpSockets> sockets{new UdpSockets};
    for (const IpAddress& address : wanted) {
        const Endpoint endpoint{address, port};
        const auto socket = open_socket(endpoint);
        if (!socket) {
            return Unexpected{socket.error()};
        }
        sockets->sockets_.push_back(std::make_unique<Socket>(loop, *socket, endpoint));
    }
    return sockets;
}

void UdpSockets::start(Receive receive) {
    receive_ = std::move(receive);
    for (const auto& socket : sockets_) {
        wait(*socket);
    }
}

void UdpSockets::stop() {
    for (const auto& socket : sockets_) {
        socket->descriptor.cancel();
    }
}

void UdpSockets::resume() {
    if (!std::exchange(is_paused_, false)) {
        return;
    }
    for (const auto& socket : sockets_) {
        wait(*socket);
    }
}

void UdpSockets::wait(Socket& socket) {
    if (is_paused_ || std::exchange(socket.is_waiting, true)) {
        return;
    }
    socket.descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this, &socket](const asio::error_code& error) {
            socket.is_waiting = false;
            if (!error) {
                read(socket);
                wait(socket);
            }
        }
    );
}

void UdpSockets::read(Socket& socket) {
    for (std::size_t i = 0; i < most_batches && !is_paused_; ++i) {
        std::vector<Datagram> batch = socket.receive();
        const bool is_last = batch.size() < most_at_once;
        is_paused_ = !receive_(std::move(batch));
        if (is_last) {
            break;
        }
    }
}

void UdpSockets::send(const std::vector<Datagram>& datagrams) {
    for (const Datagram& datagram : datagrams) {
        Socket* socket = socket_for(datagram);
        SocketAddress remote = to_socket_address(datagram.remote);
        // sendmsg only reads what iovec points to, but the type has no const.
        iovec vector{const_cast<std::uint8_t*>(datagram.payload.data()), datagram.payload.size()};
        alignas(cmsghdr) std::array<std::uint8_t, control_size> control{};
        msghdr header{};
        header.msg_name = &remote.storage;
        header.msg_namelen = remote.size;
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        if (!datagram.local.address.is_unspecified()) {
            header.msg_control = control.data();
            header.msg_controllen = control.size();
            set_source(header, datagram.local.address);
        }
        const bool is_sent =
            socket != nullptr &&
            sendmsg(socket->descriptor.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
        send_failures_ += is_sent ? 0 : 1;
    }
}

std::vector<Endpoint> UdpSockets::endpoints() const {
    std::vector<Endpoint> endpoints;
    for (const auto& socket : sockets_) {
        endpoints.push_back(socket->endpoint);
    }
    return endpoints;
}

// The one bound to the address that it must leave from, else any of the family.
UdpSockets::Socket* UdpSockets::socket_for(const Datagram& datagram) {
    Socket* found = nullptr;
    for (const auto& socket : sockets_) {
        const IpAddress& bound = socket->endpoint.address;
        if (bound == datagram.local.address) {
            return socket.get();
        }
        if (bound.family() == datagram.remote.address.family() && found == nullptr) {
            found = socket.get();
        }
    }
    return found;
}

}  // namespace ntm::dc
