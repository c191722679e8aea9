// SPDX-License-Identifier: BSD-3-Clause
#include "control/netlink_socket.hpp"

#include "common/netlink/dump.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

namespace ntm::control {

namespace {

constexpr std::size_t receive_size = 32768;
constexpr std::size_t request_size = 512;
// Room for a burst of changes (a routing daemon's full table comes by dump).
constexpr int event_buffer_size = 4 << 20;

struct alignas(nlmsghdr) RequestBuffer {
    std::array<std::uint8_t, request_size> bytes{};
};

std::string problem(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

std::uint8_t family_of(const IpAddress& address) {
    return address.is_ipv4() ? AF_INET : AF_INET6;
}

void put_address(nlmsghdr* header, std::uint16_t type, const IpAddress& address) {
    const ByteView bytes = address.bytes();
    mnl_attr_put(header, type, bytes.size(), bytes.data());
}

nlmsghdr* begin(RequestBuffer& buffer, std::uint16_t type, unsigned flags) {
    nlmsghdr* const header = mnl_nlmsg_put_header(buffer.bytes.data());
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    return header;
}

template <typename T>
T* put(nlmsghdr* header) {
    return static_cast<T*>(mnl_nlmsg_put_extra_header(header, sizeof(T)));
}

constexpr unsigned create_or_replace = NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;

}  // namespace

void CloseNetlink::operator()(mnl_socket* socket) const noexcept {
    mnl_socket_close(socket);
}

Result<NetlinkRequests, std::string> NetlinkRequests::open() {
    NetlinkHandle socket{mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)};
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) {
        return Unexpected{problem("can not open netlink")};
    }
    return NetlinkRequests{std::move(socket)};
}

Result<Nothing, std::string> NetlinkRequests::send(nlmsghdr* request, const std::string& what) {
    request->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0) {
        return Unexpected{problem(what)};
    }
    std::vector<std::uint8_t> answer(receive_size);
    int state = MNL_CB_OK;
    while (state > MNL_CB_STOP) {
        const ssize_t length = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
        if (length < 0) {
            return Unexpected{problem(what)};
        }
        const unsigned port = mnl_socket_get_portid(socket_.get());
        state = mnl_cb_run(
            answer.data(), static_cast<std::size_t>(length), sequence_, port, nullptr, nullptr
        );
    }
    if (state < 0) {
        return Unexpected{problem(what)};
    }
    return Nothing{};
}

Result<std::vector<NetlinkUpdate>, std::string> NetlinkRequests::dump() {
    std::vector<NetlinkUpdate> updates;
    const std::array<std::pair<std::uint16_t, std::uint8_t>, 5> kinds{{
        {RTM_GETLINK, AF_UNSPEC},
        {RTM_GETROUTE, AF_INET},
        {RTM_GETROUTE, AF_INET6},
        {RTM_GETNEIGH, AF_INET},
        {RTM_GETNEIGH, AF_INET6},
    }};
    for (const auto& [type, family] : kinds) {
        const auto answers = netlink::dump(type, family);
        if (!answers) {
            return Unexpected{answers.error()};
        }
        for (const Bytes& answer : *answers) {
            for (NetlinkUpdate& update : parse_netlink(answer)) {
                updates.push_back(std::move(update));
            }
        }
    }
    return updates;
}

Result<Nothing, std::string> NetlinkRequests::set_link(
    int index, const MacAddress& mac, std::uint16_t mtu
) {
    RequestBuffer buffer;
    nlmsghdr* const header = begin(buffer, RTM_NEWLINK, NLM_F_ACK);
    put<ifinfomsg>(header)->ifi_index = index;
    mnl_attr_put(header, IFLA_ADDRESS, mac.bytes.size(), mac.bytes.data());
    mnl_attr_put_u32(header, IFLA_MTU, mtu);
    return send(header, "can not set the TAP's address and MTU");
}

Result<Nothing, std::string> NetlinkRequests::set_up(int index) {
    RequestBuffer buffer;
    nlmsghdr* const header = begin(buffer, RTM_NEWLINK, NLM_F_ACK);
    auto* const info = put<ifinfomsg>(header);
    info->ifi_index = index;
    info->ifi_flags = IFF_UP;
    info->ifi_change = IFF_UP;
    return send(header, "can not bring the TAP up");
}

Result<Nothing, std::string> NetlinkRequests::add_address(
    int index, const InterfaceAddress& address
) {
    RequestBuffer buffer;
    nlmsghdr* const header = begin(buffer, RTM_NEWADDR, create_or_replace);
    auto* const info = put<ifaddrmsg>(header);
    info->ifa_family = family_of(address.address);
    info->ifa_prefixlen = address.prefix_length;
    info->ifa_flags = IFA_F_NODAD;
    info->ifa_scope = RT_SCOPE_UNIVERSE;
    info->ifa_index = static_cast<std::uint32_t>(index);
    put_address(header, IFA_LOCAL, address.address);
    put_address(header, IFA_ADDRESS, address.address);
    return send(header, "can not add the address " + address.text());
}

Result<Nothing, std::string> NetlinkRequests::add_default_route(
    int index, const IpAddress& gateway
) {
    RequestBuffer buffer;
    nlmsghdr* const header = begin(buffer, RTM_NEWROUTE, create_or_replace);
    auto* const info = put<rtmsg>(header);
    info->rtm_family = family_of(gateway);
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_protocol = RTPROT_STATIC;
    info->rtm_scope = RT_SCOPE_UNIVERSE;
    info->rtm_type = RTN_UNICAST;
    put_address(header, RTA_GATEWAY, gateway);
    mnl_attr_put_u32(header, RTA_OIF, static_cast<std::uint32_t>(index));
    return send(header, "can not add the default route by " + gateway.text());
}

Result<Nothing, std::string> NetlinkRequests::manage_neighbour(
    int index, const IpAddress& address
) {
    RequestBuffer buffer;
    nlmsghdr* const header = begin(buffer, RTM_NEWNEIGH, create_or_replace);
    auto* const info = put<ndmsg>(header);
    info->ndm_family = family_of(address);
    info->ndm_ifindex = index;
    info->ndm_state = NUD_NONE;
    put_address(header, NDA_DST, address);
    mnl_attr_put_u32(header, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
    return send(header, "can not have the kernel keep the neighbour " + address.text());
}

Result<Nothing, std::string> NetlinkRequests::forget_neighbour(
    int index, const IpAddress& address
) {
    RequestBuffer buffer;
    nlmsghdr* const header = begin(buffer, RTM_DELNEIGH, NLM_F_ACK);
    auto* const info = put<ndmsg>(header);
    info->ndm_family = family_of(address);
    info->ndm_ifindex = index;
    put_address(header, NDA_DST, address);
    auto done = send(header, "can not have the kernel forget the neighbour " + address.text());
    if (!done && errno == ENOENT) {
        return Nothing{};
    }
    return done;
}

Result<NetlinkEvents, std::string> NetlinkEvents::open() {
    NetlinkHandle socket{mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    constexpr unsigned groups = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (!socket || mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) != 0) {
        return Unexpected{problem("can not listen to netlink")};
    }
    const int descriptor = mnl_socket_get_fd(socket.get());
    const int size = event_buffer_size;
    // Without the right to force it, the default size will do: what overflows is dumped anew.
    static_cast<void>(setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
    return NetlinkEvents{std::move(socket)};
}

int NetlinkEvents::descriptor() const noexcept {
    return mnl_socket_get_fd(socket_.get());
}

std::optional<std::vector<NetlinkUpdate>> NetlinkEvents::read() {
    std::vector<NetlinkUpdate> updates;
    std::vector<std::uint8_t> buffer(receive_size);
    while (true) {
        const ssize_t length = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
            return updates;
        }
        if (length <= 0) {
            return std::nullopt;
        }
        for (NetlinkUpdate& update :
             parse_netlink(ByteView{buffer}.first(static_cast<std::size_t>(length)))) {
            updates.push_back(std::move(update));
        }
    }
}

}  // namespace ntm::control
