// SPDX-License-Identifier: BSD-3-Clause
// How the shapes of RS-N's packets are made: a good packet of one side is taken, changed and put into a
// frame of that side.
#pragma once

#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/rs_n_packets.hpp"
#include "tests/malformed/shapes.hpp"

#include <optional>
#include <span>
#include <string>

namespace ntm::malformed {

// Its header's checksum again.
inline void repair_if_ipv4(Bytes& packet) {
    if (!is_ipv6(packet)) {
        repair_ipv4_header(packet);
    }
}
inline void put_word(Bytes& packet, std::size_t at, std::size_t value) {
    store(packet.data() + at, Be16::from_host(static_cast<std::uint16_t>(value)));
}

class RsNShape {
  public:
    using Change = void (*)(Bytes& packet, Draw& draw);

    RsNShape(const char* name, Outcomes allowed, Change change)
        : name_{name}, allowed_{allowed}, at_own_{allowed}, change_{change} {}
    RsNShape(const char* name, DropReason reason, Change change)
        : RsNShape{name, Outcomes::drop(reason), change} {}
    // What may become of it at the relay's own address besides: it need not name a public port any more.
    [[nodiscard]] RsNShape at_own(Outcomes more) && {
        at_own_ = allowed_ | more;
        return *this;
    }
    // Of that kind alone.
    [[nodiscard]] RsNShape of(napt::Kind kind) && {
        kind_ = kind;
        return *this;
    }

    [[nodiscard]] std::string name(Side side, bool is_ipv6) const {
        const char* of = side == Side::node             ? " from a node"
                         : side == Side::general_to_own ? " for a port of our own address"
                                                        : " for a public address";
        return std::string{is_ipv6 ? "IPv6" : "IPv4"} + of + ": " + name_;
    }
    [[nodiscard]] Outcomes allowed(Side side) const {
        return side == Side::general_to_own ? at_own_ : allowed_;
    }
    [[nodiscard]] napt::Kind kind(Draw& draw) const {
        return kind_ ? *kind_ : draw.one_of(flow_kinds);
    }
    void change(Bytes& packet, Draw& draw) const { change_(packet, draw); }

  private:
    const char* name_;
    Outcomes allowed_;
    Outcomes at_own_;
    Change change_;
    std::optional<napt::Kind> kind_;
};

// Packets of one family.
struct RsNTable {
    Shapes& shapes;
    RsNPackets& packets;
    bool is_ipv6;

    template <typename... Parts>
    void any(Parts... parts) const {
        add(all_sides, {parts...});
    }
    template <typename... Parts>
    void nodes(Parts... parts) const {
        add(from_node, {parts...});
    }
    template <typename... Parts>
    void general(Parts... parts) const {
        add(from_general, {parts...});
    }
    // Of packets of flows.
    void add(std::span<const Side> sides, const RsNShape& shape) const {
        for (const Side side : sides) {
            push(side, shape, [its = &packets, ipv6 = is_ipv6, side, shape](Draw& draw) {
                FlowPacket packet = its->good(side, ipv6, shape.kind(draw), draw);
                shape.change(packet.bytes, draw);
                return packet;
            });
        }
    }
    // Of what ICMP errors quote; these are right.
    void add_quotes(std::span<const Side> sides, const RsNShape& shape) const {
        for (const Side side : sides) {
            push(side, shape, [its = &packets, ipv6 = is_ipv6, side, shape](Draw& draw) {
                FlowPacket quote = its->quote(side, ipv6, shape.kind(draw), draw);
                shape.change(quote.bytes, draw);
                return its->error_about(side, quote);
            });
        }
    }
    // Of ICMP errors, whose quotes are right.
    void add_errors(std::span<const Side> sides, const RsNShape& shape) const {
        for (const Side side : sides) {
            push(side, shape, [its = &packets, ipv6 = is_ipv6, side, shape](Draw& draw) {
                FlowPacket error =
                    its->error_about(side, its->quote(side, ipv6, shape.kind(draw), draw));
                shape.change(error.bytes, draw);
                return error;
            });
        }
    }

  private:
    template <typename Make>
    void push(Side side, const RsNShape& shape, Make make) const {
        shapes.push_back(
            {shape.name(side, is_ipv6),
             shape.allowed(side),
             [its = &packets, side, make](Frame& frame, Draw& draw) {
                 its->put(frame, side, make(draw), draw);
             }}
        );
    }
};

}  // namespace ntm::malformed
