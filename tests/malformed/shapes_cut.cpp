// SPDX-License-Identifier: BSD-3-Clause
// RS-N: packets that come in fragments, of which all come sooner or later, and whatever becomes of them
// then.
#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/rs_n_shapes.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"

#include <functional>
#include <memory>

namespace ntm::malformed {

namespace {

// Beyond what a fragment carries.
constexpr std::size_t longest_part = 1200;
constexpr std::size_t shortest_cut = longest_part + 50;

// Fragments of one packet after another, in any order.
class Cut {
  public:
    explicit Cut(std::function<FlowPacket(Draw&)> make) : make_{std::move(make)} {}

    [[nodiscard]] FlowPacket next(Draw& draw) {
        if (fragments_.empty()) {
            packet_ = make_(draw);
            fragments_ = relay::testing::fragments_of(
                packet_.bytes,
                std::size_t{8} * draw.from_to(10, longest_part / 8),
                identification_++
            );
        }
        const std::size_t at = draw.below(fragments_.size());
        packet_.bytes = fragments_[at];
        fragments_.erase(fragments_.begin() + static_cast<std::ptrdiff_t>(at));
        return packet_;
    }

  private:
    std::function<FlowPacket(Draw&)> make_;
    FlowPacket packet_;
    std::vector<Bytes> fragments_;
    std::uint32_t identification_ = 1;
};

void put_hops(Bytes& packet, std::uint8_t hops) {
    packet[is_ipv6(packet) ? 7 : 8] = hops;
    repair_if_ipv4(packet);
}

// Some with too few of them for all of the way.
std::uint8_t some_hops(Draw& draw) {
    return draw.one_of<std::uint8_t>({1, 2, 3, 64, 64, 64});
}

void add_flows(Shapes& shapes, RsNPackets& its) {
    for (const Side side : all_sides) {
        const auto cut = std::make_shared<Cut>([&its, side](Draw& draw) {
            const bool is_ipv6 = draw.below(2) == 1;
            FlowPacket packet = its.longer(side, is_ipv6, shortest_cut + draw.below(3000), draw);
            put_hops(packet.bytes, some_hops(draw));
            return packet;
        });
        const char* const from = side == Side::node ? "a node's packet" : "a general node's packet";
        shapes.emplace_back(
            std::string{from} + " in fragments",
            Outcomes::fragment(),
            [&its, side, cut](Frame& frame, Draw& draw) {
                its.put(frame, side, cut->next(draw), draw);
            }
        );
    }
}

void add_exits(Shapes& shapes, RsNPackets& its) {
    const auto add = [&](const char* name, std::function<Bytes(Draw&)> make) {
        const auto cut = std::make_shared<Cut>([make = std::move(make)](Draw& draw) {
            FlowPacket packet{make(draw)};
            lengthen(packet.bytes, shortest_cut + draw.below(3000));
            put_hops(packet.bytes, some_hops(draw));
            return packet;
        });
        shapes.emplace_back(
            std::string{"fragments by an exit path "} + name,
            Outcomes::fragment(),
            [&its, cut](Frame& frame, Draw& draw) {
                its.put_data(frame, exit_ended, cut->next(draw).bytes, draw);
            }
        );
    };
    add("without a route", [](Draw& draw) { return RsNPackets::by_exit(draw.below(2) == 1); });
    add("to a public port of the same node",
        [&its](Draw& draw) { return its.to_itself(draw.below(2) == 1); });
    add("to any public port", [&its](Draw& draw) {
        const std::uint32_t port =
            draw.from_to(relay::testing::first_public_port, relay::testing::last_public_port + 1);
        return its.to_itself(draw.below(2) == 1, static_cast<std::uint16_t>(port));
    });
}

}  // namespace

void add_cut_shapes(Shapes& shapes, RsNPackets& packets) {
    add_flows(shapes, packets);
    add_exits(shapes, packets);
}

}  // namespace ntm::malformed
