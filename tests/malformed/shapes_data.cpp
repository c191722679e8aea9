// SPDX-License-Identifier: BSD-3-Clause
// RS-N: DATA and END of paths that end at the relay, and packets that do not fit on.
#include "common/packet/ipv4.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/rs_n_shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;
using relay::PuntClass;

constexpr std::size_t smallest_data = 32;  // header and tag

// Shapes of DATA whose inner packet is right.
struct DataTable {
    Shapes& shapes;
    RsNPackets& packets;

    using Change = void (*)(Bytes& datagram, Draw& draw);
    void damaged(const char* name, Outcomes allowed, Change change) const {
        shapes.push_back(
            {std::string{"DATA to us: "} + name,
             allowed,
             [its = &packets, change](Frame& frame, Draw& draw) {
                 const bool is_ipv6 = draw.below(2) == 1;
                 const FlowPacket inner =
                     its->good(Side::node, is_ipv6, draw.one_of(flow_kinds), draw);
                 const PathId path = subscribers.at(inner.subscriber).path;
                 Bytes datagram = its->rs_n().seal(path, inner.bytes);
                 change(datagram, draw);
                 frame.take(its->rs_n().frame_from_node(path, datagram), draw);
             }}
        );
    }
    void damaged(const char* name, R reason, Change change) const {
        damaged(name, Outcomes::drop(reason), change);
    }
    template <typename Make>
    void add(const char* name, Outcomes allowed, Make make) const {
        shapes.push_back({std::string{"DATA to us: "} + name, allowed, make});
    }
};

void add_damages(const DataTable& table) {
    table.damaged("a bit turned", R::bad_tag, [](Bytes& data, Draw& d) {
        data[d.from_to(16, data.size() - 1)] ^= static_cast<std::uint8_t>(1U << d.below(8));
    });
    table.damaged("another counter", R::bad_tag | R::replayed, [](Bytes& data, Draw& d) {
        data[d.from_to(2, 7)] ^= static_cast<std::uint8_t>(1U << d.below(8));
    });
    table.damaged("other flags", R::bad_tag, [](Bytes& data, Draw& d) {
        data[1] ^= static_cast<std::uint8_t>(2U << d.below(7));
    });
    table.damaged("the other end's role", R::wrong_source, [](Bytes& data, Draw&) {
        data[1] ^= 1;
    });
    table.damaged("cut within the tag", R::truncated_data, [](Bytes& data, Draw& d) {
        data.resize(d.from_to(16, smallest_data - 1));
    });
    table.damaged("cut", R::bad_tag, [](Bytes& data, Draw& d) {
        data.resize(d.from_to(smallest_data, data.size() - 1));
    });
    table.damaged("longer", R::bad_tag, [](Bytes& data, Draw& d) {
        data.resize(data.size() + d.from_to(1, 200));
    });
    table.damaged("END in its place", Outcomes::punt(PuntClass::leg), [](Bytes& data, Draw&) {
        data[0] = 0x15;
    });
    table.damaged("random", R::bad_tag | R::replayed, [](Bytes& data, Draw& d) {
        data.resize(d.from_to(smallest_data, 300));
        for (std::size_t at = 16; at < data.size(); ++at) {
            data[at] = d.byte();
        }
        data[2 + d.below(6)] = d.byte();
    });
}

void add_paths(const DataTable& table) {
    RsNPackets& its = table.packets;
    const auto by = [&its](PathId path) {
        return [&its, path](Frame& frame, Draw& draw) {
            const bool is_ipv6 = draw.below(2) == 1;
            const FlowPacket inner = its.good(Side::node, is_ipv6, napt::Kind::udp, draw);
            its.put_data(frame, path, inner.bytes, draw);
        };
    };
    table.add(
        "of a path whose leg is not bound", Outcomes::drop(R::leg_not_bound), by(unbound_ended)
    );
    table.add("of nobody's path", Outcomes::drop(R::unknown_subscriber), by(nobodys_ended));
    table.add(
        "by an exit path without a route",
        Outcomes::drop(R::no_route),
        [&its](Frame& frame, Draw& draw) {
            its.put_data(frame, exit_ended, RsNPackets::by_exit(draw.below(2) == 1), draw);
        }
    );
    table.add(
        "by an exit path to where none leads",
        Outcomes::told(R::target_forbidden),
        [&its](Frame& frame, Draw& draw) {
            const bool is_ipv6 = draw.below(2) == 1;
            Bytes packet = RsNPackets::by_exit(is_ipv6);
            const IpAddress special = relay::testing::address(
                is_ipv6              ? "fd00::1"
                : draw.below(2) == 0 ? "10.0.0.1"
                                     : "127.0.0.1"
            );
            put_destination(packet, special);
            repair(packet);
            its.put_data(frame, exit_ended, packet, draw);
        }
    );
    table.add("empty", Outcomes::drop(R::keep_alive), [&its](Frame& frame, Draw& draw) {
        its.put_data(frame, second_ended, {}, draw);
    });
    table.add("the same again", Outcomes::drop(R::replayed), [&its](Frame& frame, Draw& draw) {
        frame.take(its.rs_n().frame_from_node(first_ended, its.last_data()), draw);
    });
    table.add("from elsewhere", Outcomes::drop(R::wrong_source), [&its](Frame& frame, Draw& draw) {
        WatchedRsN& rs_n = its.rs_n();
        frame.take(rs_n.frame_from_node(first_ended, rs_n.seal(first_ended, {})), draw);
        frame[frame.source_at() + draw.below(4)] ^= static_cast<std::uint8_t>(draw.from_to(1, 255));
        frame.right_checksum();
    });
}

void add_hairpins(const DataTable& table) {
    RsNPackets& its = table.packets;
    table.add(
        "by an exit path to a public port of the same node",
        Outcomes::relayed() | Outcomes::told(R::napt_no_memory),
        [&its](Frame& frame, Draw& draw) {
            its.put_data(frame, exit_ended, its.to_itself(draw.below(2) == 1), draw);
        }
    );
    table.add(
        "by an exit path to another port of a public address",
        Outcomes::told(R::target_forbidden),
        [&its](Frame& frame, Draw& draw) {
            const auto port = draw.one_of<std::uint16_t>({1, 22, 9770, 19999, 20512, 65535});
            its.put_data(frame, exit_ended, its.to_itself(draw.below(2) == 1, port), draw);
        }
    );
    table.add(
        "by an exit path to a public port at its last hop but one",
        Outcomes::told(R::ttl_expired) | Outcomes::told(R::napt_no_memory),
        [&its](Frame& frame, Draw& draw) {
            const bool is_ipv6 = draw.below(2) == 1;
            Bytes packet = its.to_itself(is_ipv6);
            packet[is_ipv6 ? 7 : 8] = 2;
            repair(packet);
            its.put_data(frame, exit_ended, packet, draw);
        }
    );
}

void put_ecn(Bytes& packet, unsigned ecn) {
    packet[1] = static_cast<std::uint8_t>(
        is_ipv6(packet) ? (packet[1] & 0xcfU) | ecn << 4 : (packet[1] & 0xfcU) | ecn
    );
    repair_if_ipv4(packet);
}

void add_congestion(const DataTable& table) {
    RsNPackets& its = table.packets;
    table.add(
        "congestion that nobody learns of",
        Outcomes::drop(R::congestion_untold),
        [&its](Frame& frame, Draw& draw) {
            const bool is_ipv6 = draw.below(2) == 1;
            FlowPacket inner = its.good(Side::node, is_ipv6, draw.one_of(flow_kinds), draw);
            put_ecn(inner.bytes, 0);
            its.put(frame, Side::node, inner, draw);
            frame.congest();
        }
    );
    table.add("congestion that is told", Outcomes::relayed(), [&its](Frame& frame, Draw& draw) {
        const bool is_ipv6 = draw.below(2) == 1;
        FlowPacket inner = its.good(Side::node, is_ipv6, draw.one_of(flow_kinds), draw);
        put_ecn(inner.bytes, 2);
        its.put(frame, Side::node, inner, draw);
        frame.congest();
    });
}

// Of either family.
FlowPacket longer(const RsNPackets& its, Side side, std::size_t size, Draw& draw) {
    const bool is_ipv6 = draw.below(2) == 1;
    return its.longer(side, is_ipv6, size, draw);
}

void add_sizes(const DataTable& table) {
    RsNPackets& its = table.packets;
    for (const Side side : all_sides) {
        const bool is_nodes = side == Side::node;
        // What a tunnel of IPv6 adds at most, and of IPv4 at least.
        const std::size_t fits = is_nodes ? 1500 : 1500 - 40 - 8 - 32;
        const std::size_t is_beyond = is_nodes ? 1501 : 1500 - 20 - 8 - 32 + 1;
        table.add("just fits", Outcomes::relayed(), [&its, side, fits](Frame& frame, Draw& draw) {
            its.put(frame, side, longer(its, side, fits, draw), draw);
        });
        table.add(
            "too big for the way",
            Outcomes::told(R::too_big),
            [&its, side, is_beyond](Frame& frame, Draw& draw) {
                const std::size_t size = draw.from_to(is_beyond, 2000);
                its.put(frame, side, longer(its, side, size, draw), draw);
            }
        );
        table.add(
            "too big for the way without DF",
            Outcomes::drop(R::fragmented),
            [&its, side, is_beyond](Frame& frame, Draw& draw) {
                const std::size_t size = draw.from_to(is_beyond, 2000);
                FlowPacket packet = its.longer(side, false, size, draw);
                packet.bytes[6] = 0;
                repair(packet.bytes);
                its.put(frame, side, packet, draw);
            }
        );
    }
    for (const Side side : from_general) {
        table.add(
            "no room in front or behind",
            Outcomes::drop(R::no_headroom),
            [&its, side](Frame& frame, Draw& draw) {
                const bool is_ipv6 = draw.below(2) == 1;
                its.put(frame, side, its.good(side, is_ipv6, draw.one_of(flow_kinds), draw), draw);
                if (draw.below(2) == 0) {
                    frame.headroom = static_cast<std::uint16_t>(draw.below(44));
                } else {
                    frame.tailroom = static_cast<std::uint16_t>(draw.below(16));
                }
            }
        );
    }
}

void add_strangers(const DataTable& table) {
    RsNPackets& its = table.packets;
    table.add(
        "a stranger by the exit path",
        Outcomes::relayed() | R::source_forbidden,
        [&its](Frame& frame, Draw& draw) {
            const bool is_ipv6 = draw.below(2) == 1;
            Bytes packet = its.to_exit(is_ipv6, is_ipv6 ? napt::router6 : napt::router4);
            packet[(is_ipv6 ? 8U : 12U) + draw.below(is_ipv6 ? 16 : 4)] ^= draw.byte();
            repair(packet);
            frame.take(WatchedRsN::frame_from_general_node(packet), draw);
        }
    );
}

}  // namespace

void add_data_shapes(Shapes& shapes, RsNPackets& packets) {
    const DataTable table{shapes, packets};
    add_damages(table);
    add_paths(table);
    add_hairpins(table);
    add_congestion(table);
    add_sizes(table);
    add_strangers(table);
}

}  // namespace ntm::malformed
