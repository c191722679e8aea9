// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/udp_sockets.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::client {

namespace {

constexpr std::size_t batch_size = 64;
constexpr std::size_t largest_datagram = 9216;
constexpr int buffer_bytes = 4 * 1024 * 1024;

// Room for a packet info and a traffic class of either family.
struct ControlBuffer {
    alignas(cmsghdr
    ) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> bytes{};
};

bool set_option(int socket, int level, int name, int value) {
    return ::setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

socklen_t write_sockaddr(const Endpoint& endpoint, sockaddr_storage& to) {
    const Be16 port = Be16::from_host(endpoint.port.number);
    if (endpoint.address.is_ipv4()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = port.raw();
        std::memcpy(&address.sin_addr, endpoint.address.bytes().data(), 4);
        std::memcpy(&to, &address, sizeof(address));
        return sizeof(address);
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = port.raw();
    std::memcpy(&address.sin6_addr, endpoint.address.bytes().data(), 16);
    std::memcpy(&to, &address, sizeof(address));
    return sizeof(address);
}

Endpoint read_sockaddr(const sockaddr_storage& from) {
    if (from.ss_family == AF_INET) {
        sockaddr_in address;
        std::memcpy(&address, &from, sizeof(address));
        return {
            std::bit_cast<Ipv4Address>(address.sin_addr),
            Port{Be16::from_raw(address.sin_port).to_host()}};
    }
    sockaddr_in6 address;
    std::memcpy(&address, &from, sizeof(address));
    return {
        std::bit_cast<Ipv6Address>(address.sin6_addr),
        Port{Be16::from_raw(address.sin6_port).to_host()}};
}

template <typename T>
T read_value(const cmsghdr& head) {
    T value;
    std::memcpy(&value, CMSG_DATA(&head), sizeof(value));
    return value;
}

// The own address that a datagram came to, and its DSCP and ECN.
void read_control(msghdr& message, Datagram& datagram) {
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
            datagram.local.address =
                std::bit_cast<Ipv4Address>(read_value<in_pktinfo>(*at).ipi_addr);
        } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            datagram.local.address =
                std::bit_cast<Ipv6Address>(read_value<in6_pktinfo>(*at).ipi6_addr);
        } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TOS) {
            datagram.traffic_class = read_value<std::uint8_t>(*at);
        } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_TCLASS) {
            datagram.traffic_class = static_cast<std::uint8_t>(read_value<int>(*at));
        }
    }
}

// Adds control messages to one that has none yet.
class ControlWriter {
  public:
    ControlWriter(msghdr& message, ControlBuffer& buffer) : message_{message}, buffer_{buffer} {}
    template <typename Value>
    void add(int level, int type, const Value& value) {
        cmsghdr head{};
        head.cmsg_level = level;
        head.cmsg_type = type;
        head.cmsg_len = CMSG_LEN(sizeof(value));
        std::uint8_t* const at = buffer_.bytes.data() + used_;
        std::memcpy(at, &head, sizeof(head));
        std::memcpy(at + CMSG_LEN(0), &value, sizeof(value));
        used_ += CMSG_SPACE(sizeof(value));
        message_.msg_control = buffer_.bytes.data();
        message_.msg_controllen = used_;
    }

  private:
    msghdr& message_;
    ControlBuffer& buffer_;
    std::size_t used_ = 0;
};

// Sends from `local` through `interface`; leaves both to the kernel where they are not given.
void choose_local(ControlWriter& control, const IpAddress& local, std::uint32_t interface) {
    if (local.is_unspecified()) {
        return;
    }
    if (local.is_ipv4()) {
        in_pktinfo info{};
        info.ipi_ifindex = static_cast<int>(interface);
        std::memcpy(&info.ipi_spec_dst, local.bytes().data(), 4);
        control.add(IPPROTO_IP, IP_PKTINFO, info);
        return;
    }
    in6_pktinfo info{};
    info.ipi6_ifindex = interface;
    std::memcpy(&info.ipi6_addr, local.bytes().data(), 16);
    control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
}

void choose_traffic_class(ControlWriter& control, Family family, int traffic_class) {
    if (traffic_class == 0) {
        return;
    }
    if (family == Family::ipv4) {
        control.add(IPPROTO_IP, IP_TOS, traffic_class);
    } else {
        control.add(IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
    }
}

// Every outer packet has DF (docs/protocol.md section 7), whatever the kernel believes of the path:
// END probes find what fits.
bool set_options(int socket, Family family) {
    set_option(socket, SOL_SOCKET, SO_RCVBUF, buffer_bytes);
    set_option(socket, SOL_SOCKET, SO_SNDBUF, buffer_bytes);
    if (family == Family::ipv4) {
        return set_option(socket, IPPROTO_IP, IP_PKTINFO, 1) &&
               set_option(socket, IPPROTO_IP, IP_RECVTOS, 1) &&
               set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    }
    return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

bool set_mark(int socket, std::uint32_t mark) {
    return mark == 0 || set_option(socket, SOL_SOCKET, SO_MARK, static_cast<int>(mark));
}

struct OpenError {
    int code = 0;  // an errno
    std::string sentence;
};

Result<int, OpenError> open_socket(Family family, Port port, std::uint32_t mark) {
    const int domain = family == Family::ipv4 ? AF_INET : AF_INET6;
    const int socket = ::socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto fail = [&](const char* what) {
        const int code = errno;
        if (socket >= 0) {
            ::close(socket);
        }
        std::string why = std::string{what} + " UDP port " + std::to_string(port.number) + ": " +
                          std::strerror(code);
        return Unexpected{OpenError{code, std::move(why)}};
    };
    const bool is_set_up = socket >= 0 && set_options(socket, family) && set_mark(socket, mark);
    if (!is_set_up) {
        return fail("can not set up");
    }
    const IpAddress any = family == Family::ipv4 ? IpAddress{} : IpAddress{Ipv6Address{}};
    sockaddr_storage storage{};
    const socklen_t length = write_sockaddr({any, port}, storage);
    const void* untyped = &storage;
    if (::bind(socket, static_cast<const sockaddr*>(untyped), length) < 0) {
        return fail("can not bind");
    }
    return socket;
}

}  // namespace

struct UdpSockets::Batch {
    std::array<mmsghdr, batch_size> messages{};
    std::array<iovec, batch_size> parts{};
    std::array<sockaddr_storage, batch_size> addresses{};
    std::array<ControlBuffer, batch_size> controls{};
    std::array<std::array<std::uint8_t, largest_datagram>, batch_size> buffers;

    void prepare_receive(std::size_t i) {
        parts[i] = {buffers[i].data(), buffers[i].size()};
        msghdr& head = messages[i].msg_hdr;
        head = {};
        head.msg_name = &addresses[i];
        head.msg_namelen = sizeof(sockaddr_storage);
        head.msg_iov = &parts[i];
        head.msg_iovlen = 1;
        head.msg_control = controls[i].bytes.data();
        head.msg_controllen = controls[i].bytes.size();
    }
    void prepare_send(std::size_t i, const Datagram& datagram, std::uint32_t interface) {
        // The kernel does not write to what it sends.
        parts[i] = {const_cast<std::uint8_t*>(datagram.payload.data()), datagram.payload.size()};
        msghdr& head = messages[i].msg_hdr;
        head = {};
        head.msg_name = &addresses[i];
        head.msg_namelen = write_sockaddr(datagram.remote, addresses[i]);
        head.msg_iov = &parts[i];
        head.msg_iovlen = 1;
        ControlWriter control{head, controls[i]};
        choose_local(control, datagram.local.address, interface);
        choose_traffic_class(control, datagram.remote.address.family(), datagram.traffic_class);
    }
};

Result<UdpSockets, std::string> UdpSockets::open(Port port, std::uint32_t mark) {
    auto ipv4 = open_socket(Family::ipv4, port, mark);
    if (!ipv4) {
        return Unexpected{ipv4.error().sentence};
    }
    auto ipv6 = open_socket(Family::ipv6, port, mark);
    if (!ipv6 && ipv6.error().code != EAFNOSUPPORT) {
        ::close(*ipv4);
        return Unexpected{ipv6.error().sentence};
    }
    return UdpSockets{*ipv4, ipv6 ? *ipv6 : -1, port};
}

UdpSockets::UdpSockets(int ipv4, int ipv6, Port port)
    : ipv4_{ipv4}, ipv6_{ipv6}, port_{port}, batch_{std::make_unique<Batch>()} {}

UdpSockets::~UdpSockets() {
    for (const int socket : {ipv4_, ipv6_}) {
        if (socket >= 0) {
            ::close(socket);
        }
    }
}

UdpSockets::UdpSockets(UdpSockets&& other) noexcept
    : ipv4_{std::exchange(other.ipv4_, -1)},
      ipv6_{std::exchange(other.ipv6_, -1)},
      port_{other.port_},
      interfaces_{std::move(other.interfaces_)},
      batch_{std::move(other.batch_)},
      dropped_{other.dropped_} {}

int UdpSockets::descriptor(Family family) const noexcept {
    return family == Family::ipv4 ? ipv4_ : ipv6_;
}

void UdpSockets::set_addresses(const std::vector<RealAddress>& present) {
    interfaces_.clear();
    for (const RealAddress& at : present) {
        interfaces_.emplace(at.address.address, at.interface_index);
    }
}

std::uint32_t UdpSockets::interface_of(const IpAddress& local) const {
    const auto at = interfaces_.find(local);
    return at == interfaces_.end() ? 0 : at->second;
}

std::vector<Datagram> UdpSockets::receive(Family family) {
    Batch& batch = *batch_;
    for (std::size_t i = 0; i < batch_size; ++i) {
        batch.prepare_receive(i);
    }
    const int count =
        ::recvmmsg(descriptor(family), batch.messages.data(), batch_size, MSG_DONTWAIT, nullptr);
    std::vector<Datagram> received;
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
        msghdr& head = batch.messages[i].msg_hdr;
        if ((head.msg_flags & MSG_TRUNC) != 0) {
            ++dropped_;
            continue;
        }
        const auto* begin = batch.buffers[i].data();
        received.push_back(
            {{{}, port_},
             read_sockaddr(batch.addresses[i]),
             Bytes{begin, begin + batch.messages[i].msg_len}}
        );
        read_control(head, received.back());
    }
    return received;
}

void UdpSockets::send(std::span<const Datagram> datagrams) {
    std::vector<const Datagram*> run;
    const auto flush = [&] {
        if (!run.empty()) {
            send_batch(run, run.front()->remote.address.family());
            run.clear();
        }
    };
    for (const Datagram& datagram : datagrams) {
        if (!run.empty() && (run.size() == batch_size || run.front()->remote.address.family() !=
                                                             datagram.remote.address.family())) {
            flush();
        }
        run.push_back(&datagram);
    }
    flush();
}

void UdpSockets::send_batch(std::span<const Datagram* const> datagrams, Family family) {
    const int socket = descriptor(family);
    if (socket < 0) {
        dropped_ += datagrams.size();
        return;
    }
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
        batch_->prepare_send(i, *datagrams[i], interface_of(datagrams[i]->local.address));
    }
    std::size_t done = 0;
    while (done < datagrams.size()) {
        const int sent = ::sendmmsg(
            socket,
            batch_->messages.data() + done,
            static_cast<unsigned>(datagrams.size() - done),
            MSG_DONTWAIT
        );
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
            continue;
        }
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        // The first one can not be sent (no route, no such address any more): the others may.
        ++dropped_;
        ++done;
    }
}

}  // namespace ntm::client
