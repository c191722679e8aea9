// SPDX-License-Identifier: BSD-3-Clause
#include "control/netlink_messages.hpp"

#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

namespace ntm::control {

namespace {

// Writes one message, part by part.
class Message {
  public:
    template <typename T>
    Message(std::uint16_t type, const T& info) : bytes_(NLMSG_HDRLEN) {
        type_ = type;
        put(&info, sizeof(info));
    }
    Message& flags(int flags) {
        flags_ = static_cast<std::uint16_t>(flags);
        return *this;
    }
    Message& with(std::uint16_t type, ByteView value) {
        const rtattr head{static_cast<std::uint16_t>(sizeof(rtattr) + value.size()), type};
        put(&head, sizeof(head));
        put(value.data(), value.size());
        return *this;
    }
    Message& with(std::uint16_t type, const IpAddress& address) {
        return with(type, address.bytes());
    }
    Message& with(std::uint16_t type, std::uint32_t number) {
        std::array<std::uint8_t, 4> value;
        store(value.data(), number);
        return with(type, ByteView{value});
    }
    [[nodiscard]] Bytes bytes() const {
        Bytes made = bytes_;
        nlmsghdr header{};
        header.nlmsg_len = static_cast<std::uint32_t>(made.size());
        header.nlmsg_type = type_;
        header.nlmsg_flags = flags_;
        store(made.data(), header);
        return made;
    }

  private:
    void put(const void* from, std::size_t size) {
        const auto* const first = static_cast<const std::uint8_t*>(from);
        bytes_.insert(bytes_.end(), first, first + size);
        bytes_.resize((bytes_.size() + 3) / 4 * 4);
    }
    std::uint16_t type_ = 0;
    std::uint16_t flags_ = 0;
    Bytes bytes_;
};

const IpAddress gateway = *IpAddress::parse("198.51.100.1");

Message route(std::uint8_t family, std::uint8_t length) {
    rtmsg info{};
    info.rtm_family = family;
    info.rtm_dst_len = length;
    info.rtm_table = RT_TABLE_MAIN;
    info.rtm_type = RTN_UNICAST;
    return {RTM_NEWROUTE, info};
}

Message neighbour(int state) {
    ndmsg info{};
    info.ndm_family = AF_INET;
    info.ndm_ifindex = 5;
    info.ndm_state = static_cast<std::uint16_t>(state);
    return {RTM_NEWNEIGH, info};
}

TEST(NetlinkMessages, ReadsALink) {
    ifinfomsg info{};
    info.ifi_index = 5;
    info.ifi_flags = IFF_UP | IFF_RUNNING;
    const Bytes bytes = Message{RTM_NEWLINK, info}
                            .with(IFLA_IFNAME, as_bytes(std::string_view{"ntm0\0", 5}))
                            .with(IFLA_MTU, 1500)
                            .bytes();
    const std::vector<NetlinkUpdate> expected{LinkUpdate{5, "ntm0", true, 1500}};
    EXPECT_EQ(parse_netlink(bytes), expected);
}

TEST(NetlinkMessages, NeighbourIsUsableInEachStateThatHasAnAddress) {
    const MacAddress mac{{2, 0, 0, 0, 0, 9}};
    for (const int state : {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT}) {
        const Bytes bytes =
            neighbour(state).with(NDA_DST, gateway).with(NDA_LLADDR, ByteView{mac.bytes}).bytes();
        const std::vector<NetlinkUpdate> expected{NeighbourUpdate{5, gateway, mac, true}};
        EXPECT_EQ(parse_netlink(bytes), expected) << state;
    }
    for (const int state : {NUD_INCOMPLETE, NUD_FAILED, NUD_NONE}) {
        const auto updates = parse_netlink(neighbour(state).with(NDA_DST, gateway).bytes());
        ASSERT_EQ(updates.size(), 1U);
        EXPECT_FALSE(std::get<NeighbourUpdate>(updates[0]).is_usable) << state;
    }
}

TEST(NetlinkMessages, ReadsRoutesWithAndWithoutGateway) {
    const Bytes by_gateway =
        route(AF_INET, 0).with(RTA_GATEWAY, gateway).with(RTA_OIF, 5).with(RTA_PRIORITY, 7).bytes();
    const std::vector<NetlinkUpdate> expected{
        RouteUpdate{*Prefix::parse("0.0.0.0/0"), 5, gateway, 7}};
    EXPECT_EQ(parse_netlink(by_gateway), expected);
    const Bytes on_link = route(AF_INET6, 64)
                              .with(RTA_DST, *IpAddress::parse("2001:db8:1::"))
                              .with(RTA_OIF, 5)
                              .bytes();
    const std::vector<NetlinkUpdate> expected6{
        RouteUpdate{*Prefix::parse("2001:db8:1::/64"), 5, std::nullopt}};
    EXPECT_EQ(parse_netlink(on_link), expected6);
}

TEST(NetlinkMessages, TakesTheFirstOfSeveralNextHops) {
    Bytes hops;
    for (const int link : {5, 6}) {
        std::array<std::uint8_t, sizeof(rtnexthop) + sizeof(rtattr) + 4> hop{};
        rtnexthop head{};
        head.rtnh_len = hop.size();
        head.rtnh_ifindex = link;
        store(hop.data(), head);
        store(hop.data() + sizeof(head), rtattr{sizeof(rtattr) + 4, RTA_GATEWAY});
        std::ranges::copy(gateway.bytes(), hop.begin() + sizeof(head) + sizeof(rtattr));
        append(hops, hop);
    }
    const Bytes bytes = route(AF_INET, 0).with(RTA_MULTIPATH, hops).bytes();
    RouteUpdate expected{*Prefix::parse("0.0.0.0/0"), 5, gateway};
    expected.has_several_ways = true;
    EXPECT_EQ(parse_netlink(bytes), std::vector<NetlinkUpdate>{expected});
}

// As Linux 6.18 tells of `ip route replace default via 198.51.100.1 dev ... mtu 1300`.
TEST(NetlinkMessages, ReadsAReplacementAndARoutesMtu) {
    std::array<std::uint8_t, sizeof(rtattr) + 4> mtu;
    store(mtu.data(), rtattr{mtu.size(), RTAX_MTU});
    store(mtu.data() + sizeof(rtattr), std::uint32_t{1300});
    const Bytes bytes = route(AF_INET, 0)
                            .flags(NLM_F_REPLACE)
                            .with(RTA_GATEWAY, gateway)
                            .with(RTA_OIF, 5)
                            .with(RTA_METRICS, ByteView{mtu})
                            .bytes();
    RouteUpdate expected{*Prefix::parse("0.0.0.0/0"), 5, gateway, 0, 1300};
    expected.replaces = true;
    EXPECT_EQ(parse_netlink(bytes), std::vector<NetlinkUpdate>{expected});
}

TEST(NetlinkMessages, RouteThatRefusesLeadsNowhere) {
    for (const int type : {RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT}) {
        rtmsg info{};
        info.rtm_family = AF_INET6;
        info.rtm_table = RT_TABLE_MAIN;
        info.rtm_type = static_cast<std::uint8_t>(type);
        // IPv6's are said to be on the loopback link.
        const Bytes bytes = Message{RTM_NEWROUTE, info}.with(RTA_OIF, 1).bytes();
        const std::vector<NetlinkUpdate> expected{RouteUpdate{*Prefix::parse("::/0"), 0, {}}};
        EXPECT_EQ(parse_netlink(bytes), expected) << type;
    }
}

TEST(NetlinkMessages, LeavesOtherTablesAndTypesOut) {
    rtmsg local{};
    local.rtm_family = AF_INET;
    local.rtm_table = RT_TABLE_LOCAL;
    local.rtm_type = RTN_LOCAL;
    EXPECT_TRUE(parse_netlink(Message{RTM_NEWROUTE, local}.bytes()).empty());
    EXPECT_TRUE(parse_netlink(route(AF_INET, 0).with(RTA_TABLE, 100).bytes()).empty());
    rtmsg for_some{};
    for_some.rtm_family = AF_INET;
    for_some.rtm_table = RT_TABLE_MAIN;
    for_some.rtm_type = RTN_UNICAST;
    for_some.rtm_tos = 0x10;
    EXPECT_TRUE(parse_netlink(Message{RTM_NEWROUTE, for_some}.with(RTA_OIF, 5).bytes()).empty());
    for_some.rtm_family = AF_INET6;
    for_some.rtm_tos = 0;
    for_some.rtm_src_len = 64;
    EXPECT_TRUE(parse_netlink(Message{RTM_NEWROUTE, for_some}.with(RTA_OIF, 5).bytes()).empty());
}

TEST(NetlinkMessages, ReadsSeveralMessagesAndSurvivesAnyCut) {
    Bytes bytes = route(AF_INET, 0).with(RTA_GATEWAY, gateway).with(RTA_OIF, 5).bytes();
    const Bytes second = neighbour(NUD_FAILED).with(NDA_DST, gateway).bytes();
    append(bytes, second);
    EXPECT_EQ(parse_netlink(bytes).size(), 2U);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_LT(parse_netlink(ByteView{bytes}.first(length)).size(), 2U) << length;
    }
}

}  // namespace

}  // namespace ntm::control
