// SPDX-License-Identifier: BSD-3-Clause
#include "control/netlink_messages.hpp"

#include <array>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

namespace ntm::control {

namespace {

// Attributes by type; the first of each. The types that matter here are small numbers.
class Attributes {
  public:
    Attributes(const nlmsghdr* header, std::size_t offset) {
        mnl_attr_parse(
            header,
            static_cast<unsigned>(offset),
            [](const nlattr* attribute, void* into) {
                auto& table = *static_cast<std::array<const nlattr*, count>*>(into);
                const std::uint16_t type = mnl_attr_get_type(attribute);
                if (type < count && table[type] == nullptr) {
                    table[type] = attribute;
                }
                return MNL_CB_OK;
            },
            &table_
        );
    }
    [[nodiscard]] const nlattr* at(std::size_t type) const { return table_[type]; }
    [[nodiscard]] ByteView bytes(std::size_t type) const {
        const nlattr* const found = table_[type];
        if (found == nullptr) {
            return {};
        }
        return {
            static_cast<const std::uint8_t*>(mnl_attr_get_payload(found)),
            mnl_attr_get_payload_len(found)};
    }
    [[nodiscard]] std::uint32_t number(std::size_t type) const {
        const ByteView found = bytes(type);
        return found.size() == sizeof(std::uint32_t) ? load<std::uint32_t>(found.data()) : 0;
    }
    [[nodiscard]] std::optional<IpAddress> address(std::size_t type) const {
        return IpAddress::from_bytes(bytes(type));
    }

  private:
    static constexpr std::size_t count = 32;
    std::array<const nlattr*, count> table_{};
};

template <typename T>
const T* payload_of(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(T)) {
        return nullptr;
    }
    return static_cast<const T*>(mnl_nlmsg_get_payload(header));
}

std::optional<NetlinkUpdate> parse_link(const nlmsghdr* header) {
    const auto* const info = payload_of<ifinfomsg>(header);
    if (info == nullptr || info->ifi_family != AF_UNSPEC) {
        return std::nullopt;
    }
    const Attributes attributes{header, sizeof(ifinfomsg)};
    LinkUpdate link;
    link.index = info->ifi_index;
    const ByteView name = attributes.bytes(IFLA_IFNAME);
    link.name = as_text(name.first(name.empty() ? 0 : name.size() - 1));
    link.is_up = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_RUNNING) != 0;
    link.mtu = attributes.number(IFLA_MTU);
    link.is_gone = header->nlmsg_type == RTM_DELLINK;
    return link;
}

std::optional<NetlinkUpdate> parse_neighbour(const nlmsghdr* header) {
    const auto* const info = payload_of<ndmsg>(header);
    if (info == nullptr || (info->ndm_family != AF_INET && info->ndm_family != AF_INET6)) {
        return std::nullopt;
    }
    const Attributes attributes{header, sizeof(ndmsg)};
    const auto address = attributes.address(NDA_DST);
    if (!address) {
        return std::nullopt;
    }
    NeighbourUpdate neighbour;
    neighbour.link = info->ndm_ifindex;
    neighbour.address = *address;
    neighbour.is_gone = header->nlmsg_type == RTM_DELNEIGH;
    const ByteView mac = attributes.bytes(NDA_LLADDR);
    constexpr unsigned usable =
        NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
    if (header->nlmsg_type == RTM_NEWNEIGH && mac.size() == sizeof(MacAddress)) {
        neighbour.mac = load<MacAddress>(mac.data());
        neighbour.is_usable = (info->ndm_state & usable) != 0;
    }
    return neighbour;
}

// Where a route leads: its own gateway and link, or those of the first of several.
void read_way(const Attributes& attributes, RouteUpdate& route) {
    route.link = static_cast<int>(attributes.number(RTA_OIF));
    route.gateway = attributes.address(RTA_GATEWAY);
    const ByteView via = attributes.bytes(RTA_VIA);
    if (via.size() > sizeof(std::uint16_t)) {
        route.gateway = IpAddress::from_bytes(via.subspan(sizeof(std::uint16_t)));
    }
    const ByteView several = attributes.bytes(RTA_MULTIPATH);
    if (several.size() < sizeof(rtnexthop)) {
        return;
    }
    const auto first = load<rtnexthop>(several.data());
    if (first.rtnh_len < sizeof(rtnexthop) || first.rtnh_len > several.size()) {
        return;
    }
    route.has_several_ways = first.rtnh_len < several.size();
    route.link = first.rtnh_ifindex;
    ByteView rest = several.first(first.rtnh_len).subspan(sizeof(rtnexthop));
    while (rest.size() >= sizeof(rtattr)) {
        const auto attribute = load<rtattr>(rest.data());
        if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > rest.size()) {
            return;
        }
        if (attribute.rta_type == RTA_GATEWAY) {
            const ByteView value = rest.first(attribute.rta_len).subspan(sizeof(rtattr));
            route.gateway = IpAddress::from_bytes(value);
        }
        rest = rest.subspan(std::min<std::size_t>(rest.size(), MNL_ALIGN(attribute.rta_len)));
    }
}

std::uint32_t read_mtu(const Attributes& attributes) {
    std::uint32_t mtu = 0;
    if (const nlattr* const metrics = attributes.at(RTA_METRICS)) {
        mnl_attr_parse_nested(
            metrics,
            [](const nlattr* attribute, void* into) {
                if (mnl_attr_get_type(attribute) == RTAX_MTU &&
                    mnl_attr_get_payload_len(attribute) == sizeof(std::uint32_t)) {
                    *static_cast<std::uint32_t*>(into) = mnl_attr_get_u32(attribute);
                }
                return MNL_CB_OK;
            },
            &mtu
        );
    }
    return mtu;
}

bool refuses(unsigned type) {
    return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT ||
           type == RTN_THROW;
}

std::optional<NetlinkUpdate> parse_route(const nlmsghdr* header) {
    const auto* const info = payload_of<rtmsg>(header);
    if (info == nullptr || (info->rtm_family != AF_INET && info->rtm_family != AF_INET6)) {
        return std::nullopt;
    }
    const Attributes attributes{header, sizeof(rtmsg)};
    const bool has_table = attributes.at(RTA_TABLE) != nullptr;
    const std::uint32_t table = has_table ? attributes.number(RTA_TABLE) : info->rtm_table;
    const bool is_for_all = info->rtm_tos == 0 && info->rtm_src_len == 0;
    if (table != RT_TABLE_MAIN || (info->rtm_type != RTN_UNICAST && !refuses(info->rtm_type)) ||
        !is_for_all || (info->rtm_flags & RTM_F_CLONED) != 0) {
        return std::nullopt;
    }
    const bool is_ipv4 = info->rtm_family == AF_INET;
    const IpAddress any = is_ipv4 ? IpAddress{Ipv4Address{}} : IpAddress{Ipv6Address{}};
    const auto destination = attributes.address(RTA_DST);
    if (info->rtm_dst_len > (is_ipv4 ? 32 : 128) || (!destination && info->rtm_dst_len != 0) ||
        (destination && destination->family() != any.family())) {
        return std::nullopt;
    }
    RouteUpdate route;
    route.destination = Prefix{destination.value_or(any), info->rtm_dst_len};
    if (info->rtm_type == RTN_UNICAST) {
        read_way(attributes, route);
    }
    route.metric = attributes.number(RTA_PRIORITY);
    route.mtu = read_mtu(attributes);
    route.is_gone = header->nlmsg_type == RTM_DELROUTE;
    route.replaces = !route.is_gone && (header->nlmsg_flags & NLM_F_REPLACE) != 0;
    return route;
}

std::optional<NetlinkUpdate> parse_one(const nlmsghdr* header) {
    switch (header->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
            return parse_link(header);
        case RTM_NEWNEIGH:
        case RTM_DELNEIGH:
            return parse_neighbour(header);
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            return parse_route(header);
        default:
            return std::nullopt;
    }
}

}  // namespace

std::vector<NetlinkUpdate> parse_netlink(ByteView buffer) {
    std::vector<NetlinkUpdate> updates;
    // libmnl reads structures in place.
    std::vector<nlmsghdr> aligned(buffer.size() / sizeof(nlmsghdr) + 1);
    std::memcpy(aligned.data(), buffer.data(), buffer.size());
    const nlmsghdr* header = aligned.data();
    int left = static_cast<int>(buffer.size());
    while (mnl_nlmsg_ok(header, left)) {
        if (auto update = parse_one(header)) {
            updates.push_back(*std::move(update));
        }
        header = mnl_nlmsg_next(header, &left);
    }
    return updates;
}

}  // namespace ntm::control
