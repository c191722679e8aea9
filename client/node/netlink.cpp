// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/netlink.hpp"

#include "common/netlink/dump.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace ntm::client {

namespace {

using Buffer = std::array<char, 32768>;

std::string error_text(const char* what) {
    return std::string{what} + ": " + std::strerror(errno);
}

std::uint8_t address_family(const IpAddress& address) {
    return address.is_ipv4() ? AF_INET : AF_INET6;
}

std::optional<IpAddress> address_of(const nlattr* attribute) {
    return IpAddress::from_bytes(ByteView{
        static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
        mnl_attr_get_payload_len(attribute)});
}

// libmnl's own loop macro is C.
template <typename OnAttribute>
void for_each_attribute(const nlmsghdr* message, std::size_t head, OnAttribute on_attribute) {
    const auto each = [](const nlattr* attribute, void* context) {
        (*static_cast<OnAttribute*>(context))(attribute);
        return MNL_CB_OK;
    };
    mnl_attr_parse(message, static_cast<unsigned>(head), each, &on_attribute);
}

void read_link(const nlmsghdr* message, KernelState& into) {
    const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    KernelInterface found;
    found.index = static_cast<std::uint32_t>(link->ifi_index);
    found.is_up = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;
    found.is_loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
    for_each_attribute(message, sizeof(*link), [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_IFNAME) {
            found.name = mnl_attr_get_str(attribute);
        } else if (mnl_attr_get_type(attribute) == IFLA_CARRIER_UP_COUNT) {
            found.carrier_ups = mnl_attr_get_u32(attribute);
        }
    });
    into.interfaces.push_back(std::move(found));
}

bool is_usable(const IpAddress& address, std::uint32_t flags) {
    std::uint32_t unusable = IFA_F_DADFAILED | IFA_F_DEPRECATED;
    // An optimistic address is tentative, too, and meant to be used (RFC 4429).
    if ((flags & IFA_F_OPTIMISTIC) == 0) {
        unusable |= IFA_F_TENTATIVE;
    }
    // An IPv4 secondary address has IFA_F_SECONDARY, which is the same bit as IFA_F_TEMPORARY.
    if (address.is_ipv6()) {
        unusable |= IFA_F_TEMPORARY;
    }
    return (flags & unusable) == 0;
}

void read_address(const nlmsghdr* message, KernelState& into) {
    const auto* head = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    std::uint32_t flags = head->ifa_flags;
    std::optional<IpAddress> address;
    std::optional<IpAddress> local;
    for_each_attribute(message, sizeof(*head), [&](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
            case IFA_ADDRESS:
                address = address_of(attribute);
                break;
            case IFA_LOCAL:
                local = address_of(attribute);
                break;
            case IFA_FLAGS:
                flags = mnl_attr_get_u32(attribute);
                break;
            default:
                break;
        }
    });
    // On a point-to-point link IFA_ADDRESS is the other end's.
    const auto own = local ? local : address;
    if (!own || (head->ifa_family != AF_INET && head->ifa_family != AF_INET6)) {
        return;
    }
    into.addresses.push_back({head->ifa_index, {*own, head->ifa_prefixlen}, is_usable(*own, flags)}
    );
}

void read_route(const nlmsghdr* message, KernelState& into) {
    const auto* route = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    if (route->rtm_dst_len != 0 || route->rtm_type != RTN_UNICAST ||
        (route->rtm_flags & RTM_F_CLONED) != 0 ||
        (route->rtm_family != AF_INET && route->rtm_family != AF_INET6)) {
        return;
    }
    const Family family = route->rtm_family == AF_INET ? Family::ipv4 : Family::ipv6;
    std::uint32_t table = route->rtm_table;
    for_each_attribute(message, sizeof(*route), [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == RTA_TABLE) {
            table = mnl_attr_get_u32(attribute);
        }
    });
    for_each_attribute(message, sizeof(*route), [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == RTA_OIF) {
            into.default_routes.push_back({mnl_attr_get_u32(attribute), family, table});
        } else if (mnl_attr_get_type(attribute) == RTA_MULTIPATH) {
            const auto* hop = static_cast<const rtnexthop*>(mnl_attr_get_payload(attribute));
            auto left = static_cast<int>(mnl_attr_get_payload_len(attribute));
            while (RTNH_OK(hop, left)) {
                into.default_routes.push_back(
                    {static_cast<std::uint32_t>(hop->rtnh_ifindex), family, table}
                );
                left -= static_cast<int>(RTNH_ALIGN(hop->rtnh_len));
                hop = RTNH_NEXT(hop);
            }
        }
    });
}

// Adds what `read` makes of each message of one of the kernel's tables.
template <void (*read)(const nlmsghdr*, KernelState&)>
Result<Nothing, std::string> read_table(std::uint16_t type, KernelState& into) {
    const auto answers = netlink::dump(type, AF_UNSPEC);
    if (!answers) {
        return Unexpected{answers.error()};
    }
    const auto each = [](const nlmsghdr* message, void* state) {
        read(message, *static_cast<KernelState*>(state));
        return MNL_CB_OK;
    };
    for (const Bytes& answer : *answers) {
        mnl_cb_run(answer.data(), answer.size(), 0, 0, each, &into);
    }
    return Nothing{};
}

nlmsghdr* put_rule(
    Buffer& buffer, std::uint16_t type, std::uint16_t flags, const PolicyRule& rule
) {
    // FRA_PROTOCOL: none of rtnetlink.h's.
    constexpr std::uint8_t ours = 0x4e;
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    auto* head =
        static_cast<fib_rule_hdr*>(mnl_nlmsg_put_extra_header(request, sizeof(fib_rule_hdr)));
    head->family = rule.family == Family::ipv4 ? AF_INET : AF_INET6;
    mnl_attr_put_u8(request, FRA_PROTOCOL, ours);
    mnl_attr_put_u32(request, FRA_PRIORITY, rule.priority);
    if (rule.goes_to) {
        head->action = FR_ACT_GOTO;
        mnl_attr_put_u32(request, FRA_GOTO, *rule.goes_to);
    } else if (rule.table != 0) {
        head->action = FR_ACT_TO_TBL;
        mnl_attr_put_u32(request, FRA_TABLE, rule.table);
    }
    if (rule.mark) {
        mnl_attr_put_u32(request, FRA_FWMARK, *rule.mark);
    }
    if (rule.source) {
        const ByteView bytes = rule.source->address.bytes();
        head->src_len = rule.source->length;
        head->flags = rule.finds_source ? std::uint32_t{FIB_RULE_FIND_SADDR} : 0;
        mnl_attr_put(request, FRA_SRC, bytes.size(), bytes.data());
    }
    if (rule.passes_over_default) {
        mnl_attr_put_u32(request, FRA_SUPPRESS_PREFIXLEN, 0);
    }
    return request;
}

}  // namespace

Result<KernelState, std::string> read_kernel_state() {
    KernelState state;
    auto done = read_table<read_link>(RTM_GETLINK, state);
    if (done) {
        done = read_table<read_address>(RTM_GETADDR, state);
    }
    if (done) {
        done = read_table<read_route>(RTM_GETROUTE, state);
    }
    if (!done) {
        return Unexpected{done.error()};
    }
    return state;
}

Result<Netlink, std::string> Netlink::open() {
    mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == nullptr) {
        return Unexpected{error_text("can not open a netlink socket")};
    }
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        std::string why = error_text("can not bind a netlink socket");
        mnl_socket_close(socket);
        return Unexpected{std::move(why)};
    }
    return Netlink{socket};
}

Netlink::~Netlink() {
    if (socket_ != nullptr) {
        mnl_socket_close(socket_);
    }
}

Netlink::Netlink(Netlink&& other) noexcept
    : socket_{std::exchange(other.socket_, nullptr)}, sequence_{other.sequence_} {}

Result<Nothing, std::string> Netlink::order(nlmsghdr* request, int as_good_as_done) {
    request->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) {
        return Unexpected{error_text("the kernel takes no netlink request")};
    }
    Buffer buffer;
    while (true) {
        const auto length = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
        if (length < 0) {
            return Unexpected{error_text("no answer from netlink")};
        }
        const int verdict = mnl_cb_run(
            buffer.data(),
            static_cast<std::size_t>(length),
            sequence_,
            mnl_socket_get_portid(socket_),
            nullptr,
            nullptr
        );
        if (verdict < 0 && errno == EPROTO) {
            continue;  // an answer to a request before this one
        }
        if (verdict == MNL_CB_STOP || (verdict < 0 && errno == as_good_as_done)) {
            return Nothing{};
        }
        if (verdict < 0) {
            return Unexpected{error_text("the kernel refuses")};
        }
    }
}

Result<Nothing, std::string> Netlink::set_link(std::uint32_t index, std::uint16_t mtu, bool is_up) {
    Buffer buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = RTM_NEWLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
    link->ifi_index = static_cast<int>(index);
    link->ifi_change = IFF_UP;
    link->ifi_flags = is_up ? unsigned{IFF_UP} : 0U;
    mnl_attr_put_u32(request, IFLA_MTU, mtu);
    return order(request);
}

Result<Nothing, std::string> Netlink::change_address(
    std::uint16_t type, std::uint16_t flags, std::uint32_t index, const InterfaceAddress& at
) {
    Buffer buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    auto* head = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifaddrmsg)));
    head->ifa_family = address_family(at.address);
    head->ifa_prefixlen = at.prefix_length;
    head->ifa_scope = RT_SCOPE_UNIVERSE;
    head->ifa_index = index;
    // Nobody else can have it: no duplicate address detection, usable at once.
    head->ifa_flags = at.address.is_ipv6() ? IFA_F_NODAD : 0;
    const ByteView bytes = at.address.bytes();
    mnl_attr_put(request, IFA_LOCAL, bytes.size(), bytes.data());
    mnl_attr_put(request, IFA_ADDRESS, bytes.size(), bytes.data());
    return order(request);
}

Result<Nothing, std::string> Netlink::add_address(
    std::uint32_t index, const InterfaceAddress& address
) {
    return change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address);
}

Result<Nothing, std::string> Netlink::remove_address(
    std::uint32_t index, const InterfaceAddress& address
) {
    return change_address(RTM_DELADDR, 0, index, address);
}

Result<Nothing, std::string> Netlink::change_route(
    std::uint16_t type, std::uint16_t flags, std::uint32_t index, const Prefix& prefix
) {
    Buffer buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
    route->rtm_family = address_family(prefix.address);
    route->rtm_dst_len = prefix.length;
    route->rtm_table = RT_TABLE_MAIN;
    route->rtm_protocol = RTPROT_STATIC;
    route->rtm_scope = prefix.address.is_ipv4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    route->rtm_type = RTN_UNICAST;
    const ByteView bytes = prefix.address.bytes();
    mnl_attr_put(request, RTA_DST, bytes.size(), bytes.data());
    mnl_attr_put_u32(request, RTA_OIF, index);
    return order(request);
}

Result<Nothing, std::string> Netlink::add_route(std::uint32_t index, const Prefix& prefix) {
    return change_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, index, prefix);
}

Result<Nothing, std::string> Netlink::remove_route(std::uint32_t index, const Prefix& prefix) {
    return change_route(RTM_DELROUTE, 0, index, prefix);
}

Result<Nothing, std::string> Netlink::change_default_route(
    std::uint16_t type,
    std::uint16_t flags,
    std::uint32_t index,
    std::uint32_t table,
    const IpAddress& from
) {
    Buffer buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
    route->rtm_family = address_family(from);
    route->rtm_protocol = RTPROT_STATIC;
    route->rtm_scope = from.is_ipv4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    route->rtm_type = RTN_UNICAST;
    mnl_attr_put_u32(request, RTA_TABLE, table);
    mnl_attr_put_u32(request, RTA_OIF, index);
    mnl_attr_put(request, RTA_PREFSRC, from.bytes().size(), from.bytes().data());
    return order(request);
}

Result<Nothing, std::string> Netlink::add_default_route(
    std::uint32_t index, std::uint32_t table, const IpAddress& from
) {
    return change_default_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, index, table, from);
}

Result<Nothing, std::string> Netlink::remove_default_route(
    std::uint32_t index, std::uint32_t table, const IpAddress& from
) {
    return change_default_route(RTM_DELROUTE, 0, index, table, from);
}

Result<Nothing, std::string> Netlink::add_rule(const PolicyRule& rule) {
    Buffer buffer{};
    return order(put_rule(buffer, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule), EEXIST);
}

Result<Nothing, std::string> Netlink::remove_rule(const PolicyRule& rule) {
    Buffer buffer{};
    return order(put_rule(buffer, RTM_DELRULE, 0, rule));
}

}  // namespace ntm::client
