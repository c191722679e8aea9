// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {

namespace {

constexpr int tap = 5;
constexpr int other_tap = 6;
const MacAddress port_mac{{2, 0, 0, 0, 0, 1}};
const MacAddress gateway_mac{{2, 0, 0, 0, 0, 9}};
const IpAddress gateway = *IpAddress::parse("198.51.100.1");
const IpAddress gateway6 = *IpAddress::parse("2001:db8:1::1");

IpAddress ip(const char* text) {
    return *IpAddress::parse(text);
}

class RouteMirrorTest : public testing::Test {
  protected:
    RouteMirrorTest() : mirror{{{tap, port_mac}, {other_tap, {}}}} {
        apply(LinkUpdate{tap, "ntm0", true, 1500});
        apply(LinkUpdate{other_tap, "ntm1", true, 1400});
        apply(RouteUpdate{*Prefix::parse("198.51.100.0/24"), tap, std::nullopt});
        apply(RouteUpdate{*Prefix::parse("0.0.0.0/0"), tap, gateway});
        apply(RouteUpdate{*Prefix::parse("::/0"), tap, gateway6});
    }
    RouteMirror::Effect apply(const NetlinkUpdate& update) { return mirror.apply(update); }
    [[nodiscard]] Neighbour via(const char* remote) {
        const tables::NextHopIndex number = mirror.resolve(ip(remote));
        return number == tables::no_next_hop ? Neighbour{}
                                             : mirror.numbers().find(number)->neighbour;
    }
    RouteMirror mirror;
};

TEST_F(RouteMirrorTest, TakesTheLongestPrefixAndItsGateway) {
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{tap, gateway}));
    EXPECT_EQ(via("198.51.100.77"), (Neighbour{tap, ip("198.51.100.77")}));
    EXPECT_EQ(via("2001:db8:7::7"), (Neighbour{tap, gateway6}));
    apply(RouteUpdate{*Prefix::parse("203.0.113.0/25"), other_tap, ip("10.0.0.1")});
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{other_tap, ip("10.0.0.1")}));
    EXPECT_EQ(via("203.0.113.200"), (Neighbour{tap, gateway}));
}

TEST_F(RouteMirrorTest, TakesTheUnspecifiedAddressByTheDefaultRoutesGateway) {
    EXPECT_EQ(via("0.0.0.0"), (Neighbour{tap, gateway}));
    EXPECT_EQ(via("::"), (Neighbour{tap, gateway6}));
    RouteUpdate on_link{*Prefix::parse("0.0.0.0/0"), tap, std::nullopt};
    on_link.replaces = true;
    apply(on_link);
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{tap, ip("203.0.113.5")}));
    EXPECT_EQ(mirror.resolve(ip("0.0.0.0")), tables::no_next_hop) << "nobody to ask for";
}

TEST_F(RouteMirrorTest, FindsEachLengthAsLongAsARouteHasIt) {
    const Neighbour by_default = via("203.0.113.5");
    for (int length = 32; length >= 1; --length) {
        RouteUpdate route{
            Prefix{ip("203.0.113.5"), static_cast<std::uint8_t>(length)}, other_tap, {}};
        for (int bit = length; bit < 32; ++bit) {
            std::array<std::uint8_t, 16> bytes = route.destination.address.padded();
            bytes[static_cast<std::size_t>(bit / 8)] &=
                static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
            route.destination.address = *IpAddress::from_bytes(ByteView{bytes}.first(4));
        }
        apply(route);
        EXPECT_EQ(via("203.0.113.5").link, other_tap) << length;
        route.is_gone = true;
        apply(route);
        EXPECT_EQ(via("203.0.113.5"), by_default) << length;
    }
}

TEST_F(RouteMirrorTest, PrefersTheLowerMetric) {
    apply(RouteUpdate{*Prefix::parse("0.0.0.0/0"), other_tap, ip("10.0.0.1"), 100});
    EXPECT_EQ(via("203.0.113.5").link, tap);
    RouteUpdate gone{*Prefix::parse("0.0.0.0/0"), tap, gateway};
    gone.is_gone = true;
    EXPECT_TRUE(apply(gone).are_routes_changed);
    EXPECT_EQ(via("203.0.113.5").link, other_tap);
}

TEST_F(RouteMirrorTest, HasNoNextHopWithoutARouteOverAPort) {
    RouteUpdate gone{*Prefix::parse("0.0.0.0/0"), tap, gateway};
    gone.is_gone = true;
    apply(gone);
    EXPECT_EQ(mirror.resolve(ip("203.0.113.5")), tables::no_next_hop);
    EXPECT_FALSE(apply(RouteUpdate{*Prefix::parse("0.0.0.0/0"), 99, gateway}).are_routes_changed);
    EXPECT_EQ(mirror.resolve(ip("203.0.113.5")), tables::no_next_hop);
}

const Prefix everywhere4 = *Prefix::parse("0.0.0.0/0");

// A route to everywhere that stands in the place of the one before.
RouteUpdate replacement(int link, const IpAddress& by) {
    RouteUpdate route{everywhere4, link, by};
    route.replaces = true;
    return route;
}

TEST_F(RouteMirrorTest, ReplacedRouteIsGoneWhereverTheNewOneLeads) {
    EXPECT_TRUE(apply(replacement(other_tap, ip("10.0.0.1"))).are_routes_changed);
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{other_tap, ip("10.0.0.1")}));
    EXPECT_TRUE(apply(replacement(99, ip("10.9.9.9"))).are_routes_changed);
    EXPECT_EQ(mirror.resolve(ip("203.0.113.5")), tables::no_next_hop) << "over no port";
    EXPECT_TRUE(apply(replacement(tap, gateway)).are_routes_changed);
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{tap, gateway}));
    EXPECT_FALSE(apply(replacement(tap, gateway)).are_routes_changed);
}

TEST_F(RouteMirrorTest, RouteThatRefusesHidesTheWiderOne) {
    RouteUpdate refusal{*Prefix::parse("203.0.113.0/24"), 0, std::nullopt};
    EXPECT_TRUE(apply(refusal).are_routes_changed);
    EXPECT_EQ(mirror.resolve(ip("203.0.113.5")), tables::no_next_hop);
    refusal.is_gone = true;
    EXPECT_TRUE(apply(refusal).are_routes_changed);
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{tap, gateway}));
}

TEST_F(RouteMirrorTest, AsksForADumpWhereOnlyThatShowsWhichRouteIsTheFirst) {
    const RouteUpdate second{everywhere4, other_tap, ip("10.0.0.1")};
    EXPECT_TRUE(apply(second).is_dump_needed) << "appended, or put in front";
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{tap, gateway})) << "until then";
    const RouteUpdate unknown = [] {
        RouteUpdate route{*Prefix::parse("10.0.0.0/8"), tap, gateway};
        route.replaces = true;
        return route;
    }();
    EXPECT_TRUE(apply(unknown).is_dump_needed);
    mirror.reload(
        {LinkUpdate{tap, "ntm0", true, 1500},
         LinkUpdate{other_tap, "ntm1", true, 1400},
         second,
         RouteUpdate{everywhere4, tap, gateway}}
    );
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{other_tap, ip("10.0.0.1")})) << "the first one";
    RouteUpdate gone = second;
    gone.is_gone = true;
    EXPECT_TRUE(apply(gone).is_dump_needed);
    EXPECT_TRUE(apply(replacement(tap, gateway)).is_dump_needed);
}

TEST_F(RouteMirrorTest, OfSeveralRoutesInADumpTakesTheFirstOverAPort) {
    mirror.reload(
        {RouteUpdate{everywhere4, 99, ip("10.9.9.9")},
         RouteUpdate{everywhere4, tap, gateway},
         RouteUpdate{everywhere4, other_tap, ip("10.0.0.1")}}
    );
    EXPECT_EQ(via("203.0.113.5"), (Neighbour{tap, gateway}));
}

TEST_F(RouteMirrorTest, AsksForADumpWhenALinkIsSetDown) {
    EXPECT_TRUE(apply(LinkUpdate{tap, "ntm0", false, 1500}).is_dump_needed);
    EXPECT_FALSE(apply(LinkUpdate{tap, "ntm0", false, 1500}).is_dump_needed);
    EXPECT_FALSE(apply(LinkUpdate{tap, "ntm0", true, 1500}).is_dump_needed);
}

TEST_F(RouteMirrorTest, SmallerMtuOfRouteAndLinkCounts) {
    const auto hop_to = [this](const char* remote) {
        const auto number = mirror.resolve(ip(remote));
        return mirror.next_hops().at(number);
    };
    const auto mtu_of = [&](const char* remote) {
        return hop_to(remote).mtu;
    };
    apply(RouteUpdate{*Prefix::parse("203.0.113.0/24"), tap, gateway, 0, 1300});
    apply(RouteUpdate{*Prefix::parse("192.0.2.0/24"), tap, gateway, 0, 9000});
    EXPECT_EQ(mtu_of("203.0.113.5"), 1300);
    EXPECT_EQ(mtu_of("192.0.2.5"), 1500);
    EXPECT_EQ(mtu_of("8.8.8.8"), 1500) << "through the same gateway";
    apply(LinkUpdate{tap, "ntm0", true, 1280});
    EXPECT_EQ(mtu_of("203.0.113.5"), 1280);
    apply(NeighbourUpdate{tap, gateway, gateway_mac, true});
    for (const char* const remote : {"203.0.113.5", "192.0.2.5", "8.8.8.8"}) {
        EXPECT_TRUE(hop_to(remote).is_usable) << remote;
    }
}

TEST_F(RouteMirrorTest, RoutesNewMtuIsAnotherHop) {
    const auto before = mirror.resolve(ip("203.0.113.5"));
    RouteUpdate smaller = replacement(tap, gateway);
    smaller.mtu = 1300;
    EXPECT_TRUE(apply(smaller).are_routes_changed);
    EXPECT_NE(mirror.resolve(ip("203.0.113.5")), before);
}

TEST_F(RouteMirrorTest, NumbersStayAndNewNeighboursAreToldOnce) {
    const auto first = mirror.resolve(ip("203.0.113.5"));
    EXPECT_EQ(mirror.resolve(ip("203.0.113.6")), first);
    const auto second = mirror.resolve(ip("2001:db8:7::7"));
    EXPECT_NE(first, second);
    EXPECT_THAT(
        mirror.numbers().take_fresh(),
        testing::ElementsAre(Neighbour{tap, gateway}, Neighbour{tap, gateway6})
    );
    EXPECT_TRUE(mirror.numbers().take_fresh().empty());
}

TEST_F(RouteMirrorTest, SweptHopIsNotUsableUntilItIsAskedForAgain) {
    const auto number = mirror.resolve(ip("203.0.113.5"));
    apply(NeighbourUpdate{tap, gateway, gateway_mac, true});
    ASSERT_TRUE(mirror.next_hops().at(number).is_usable);
    mirror.numbers().begin_sweep();
    EXPECT_TRUE(mirror.numbers().end_sweep());
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
    EXPECT_EQ(mirror.resolve(ip("203.0.113.5")), number);
    EXPECT_TRUE(mirror.next_hops().at(number).is_usable);
}

TEST_F(RouteMirrorTest, HopIsUsableWhileTheNeighbourIsKnownAndTheLinkIsUp) {
    const auto number = mirror.resolve(ip("203.0.113.5"));
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
    EXPECT_TRUE(apply(NeighbourUpdate{tap, gateway, gateway_mac, true}).are_hops_changed);
    const relay::NextHop expected{{gateway_mac, port_mac}, 0, 1500, true};
    EXPECT_EQ(mirror.next_hops().at(number), expected);
    EXPECT_FALSE(apply(NeighbourUpdate{tap, gateway, gateway_mac, true}).are_hops_changed);
    EXPECT_TRUE(apply(LinkUpdate{tap, "ntm0", false, 1500}).are_hops_changed);
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
    apply(LinkUpdate{tap, "ntm0", true, 1280});
    EXPECT_EQ(mirror.next_hops().at(number).mtu, 1280);
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
}

TEST_F(RouteMirrorTest, LastLinkAddressStaysWhileTheKernelAsksInVain) {
    const auto number = mirror.resolve(ip("203.0.113.5"));
    apply(NeighbourUpdate{tap, gateway, gateway_mac, true});
    EXPECT_TRUE(mirror.is_resolved({tap, gateway}));
    const NeighbourUpdate failed{tap, gateway, {}, false};
    EXPECT_FALSE(apply(failed).are_hops_changed);
    EXPECT_TRUE(mirror.next_hops().at(number).is_usable);
    EXPECT_EQ(mirror.next_hops().at(number).addresses.destination, gateway_mac);
    EXPECT_FALSE(mirror.is_resolved({tap, gateway}));
    EXPECT_FALSE(apply(NeighbourUpdate{tap, gateway, gateway_mac, true}).are_hops_changed);
    EXPECT_TRUE(mirror.is_resolved({tap, gateway}));
    EXPECT_TRUE(apply(NeighbourUpdate{tap, gateway, {}, false, true}).are_hops_changed);
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
    EXPECT_FALSE(apply(failed).are_hops_changed);
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
}

TEST_F(RouteMirrorTest, LastLinkAddressGoesWithTheLink) {
    const auto number = mirror.resolve(ip("203.0.113.5"));
    apply(NeighbourUpdate{tap, gateway, gateway_mac, true});
    apply(LinkUpdate{tap, "ntm0", false, 1500});
    apply(LinkUpdate{tap, "ntm0", true, 1500});
    EXPECT_FALSE(mirror.next_hops().at(number).is_usable);
}

TEST_F(RouteMirrorTest, NewDumpKeepsWhatTheKernelAsksForAndForgetsTheRest) {
    const auto number = mirror.resolve(ip("203.0.113.5"));
    const auto number6 = mirror.resolve(ip("2001:db8:7::7"));
    apply(NeighbourUpdate{tap, gateway, gateway_mac, true});
    apply(NeighbourUpdate{tap, gateway6, gateway_mac, true});
    mirror.reload({LinkUpdate{tap, "ntm0", true, 1500}, NeighbourUpdate{tap, gateway, {}, false}});
    EXPECT_TRUE(mirror.next_hops().at(number).is_usable);
    EXPECT_FALSE(mirror.is_resolved({tap, gateway}));
    EXPECT_FALSE(mirror.next_hops().at(number6).is_usable);
}

TEST_F(RouteMirrorTest, NeighboursThatNobodyUsesChangeNothing) {
    EXPECT_FALSE(apply(NeighbourUpdate{tap, gateway, gateway_mac, true}).are_hops_changed);
    EXPECT_FALSE(apply(NeighbourUpdate{99, gateway, gateway_mac, true}).are_hops_changed);
}

}  // namespace

}  // namespace ntm::control
