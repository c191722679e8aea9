// SPDX-License-Identifier: BSD-3-Clause
// The shapes of malformed frames: each a name, what may become of it, and a function that makes one
// at random. To add one, add a line to the table that it belongs to; the campaign takes all of them.
#pragma once

#include "common/packet/drop_reason.hpp"
#include "rs-dataplane/relay/punt_class.hpp"
#include "tests/malformed/frame.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ntm::malformed {

// A set of fates.
class Outcomes {
    __extension__ using Bits = unsigned __int128;

  public:
    [[nodiscard]] static constexpr Outcomes drop(DropReason reason) noexcept {
        return Outcomes{Bits{1} << static_cast<unsigned>(reason)};
    }
    // Or its class has no budget left.
    [[nodiscard]] static constexpr Outcomes punt(relay::PuntClass punt_class) noexcept {
        constexpr DropReason over[]{
            DropReason::leg_rate,
            DropReason::signal_rate,
            DropReason::handshake_rate,
            DropReason::host_rate,
            DropReason::neighbour_rate,
            DropReason::cookie_answer_rate};
        const auto number = static_cast<unsigned>(punt_class);
        const Outcomes its{Bits{1} << (first_punt + number)};
        return punt_class == relay::PuntClass::leg
                   ? its | drop(over[number]) | drop(DropReason::path_leg_rate)
                   : its | drop(over[number]);
    }
    [[nodiscard]] static constexpr Outcomes relayed() noexcept {
        return Outcomes{Bits{1} << relayed_bit};
    }
    // By COOKIE.
    [[nodiscard]] static constexpr Outcomes answered() noexcept {
        return Outcomes{Bits{1} << answered_bit} | drop(DropReason::cookie_rate);
    }
    // By an ICMP error, if there is any about it.
    [[nodiscard]] static constexpr Outcomes told(DropReason reason) noexcept {
        return Outcomes{Bits{1} << told_bit} | drop(reason);
    }
    // By what came before it, whatever it is: of no packet all come on purpose.
    [[nodiscard]] static constexpr Outcomes fragment() noexcept {
        return Outcomes{Bits{1} << held_bit} | drop(DropReason::fragment_joined) |
               drop(DropReason::fragment_malformed) | drop(DropReason::fragment_too_long) |
               drop(DropReason::fragment_overlap) | drop(DropReason::fragment_quota) |
               drop(DropReason::congestion_untold);
    }
    [[nodiscard]] static constexpr Outcomes anything() noexcept { return Outcomes{~Bits{0}}; }
    [[nodiscard]] constexpr Outcomes operator|(Outcomes more) const noexcept {
        return Outcomes{bits_ | more.bits_};
    }
    [[nodiscard]] constexpr bool contains(Outcomes one) const noexcept {
        return (bits_ & one.bits_) == one.bits_;
    }
    // Of a packet that went through; `was_relayed` tells the transmitted apart.
    [[nodiscard]] static Outcomes of(const Packet& packet, bool was_relayed) noexcept {
        switch (packet.fate) {
            case Fate::drop:
                return drop(packet.reason);
            case Fate::punt:
                return Outcomes{Bits{1} << (first_punt + packet.punt_class)};
            case Fate::held:
                return Outcomes{Bits{1} << held_bit};
            default:
                if (packet.reason != DropReason::none) {
                    return Outcomes{Bits{1} << told_bit};
                }
                return Outcomes{Bits{1} << (was_relayed ? relayed_bit : answered_bit)};
        }
    }

  private:
    static constexpr unsigned first_punt = 112;
    static constexpr unsigned held_bit = 124;
    static constexpr unsigned told_bit = 125;
    static constexpr unsigned relayed_bit = 126;
    static constexpr unsigned answered_bit = 127;
    static_assert(drop_reason_count <= first_punt);
    explicit constexpr Outcomes(Bits bits) noexcept : bits_{bits} {}
    Bits bits_;
};

[[nodiscard]] constexpr Outcomes operator|(DropReason one, DropReason other) noexcept {
    return Outcomes::drop(one) | Outcomes::drop(other);
}
[[nodiscard]] constexpr Outcomes operator|(Outcomes one, DropReason other) noexcept {
    return one | Outcomes::drop(other);
}

struct Shape {
    Shape(std::string its_name, Outcomes may_become, std::function<void(Frame&, Draw&)> its_make)
        : name{std::move(its_name)}, allowed{may_become}, make{std::move(its_make)} {}
    Shape(std::string its_name, DropReason reason, std::function<void(Frame&, Draw&)> its_make)
        : Shape{std::move(its_name), Outcomes::drop(reason), std::move(its_make)} {}
    std::string name;
    Outcomes allowed;
    std::function<void(Frame&, Draw&)> make;
};
using Shapes = std::vector<Shape>;

class RsNPackets;

void add_link_shapes(Shapes& shapes);
void add_ipv4_shapes(Shapes& shapes);
void add_ipv6_shapes(Shapes& shapes);
void add_datagram_shapes(Shapes& shapes, Family family);
// Of RS-N.
void add_data_shapes(Shapes& shapes, RsNPackets& packets);
void add_inner_shapes(Shapes& shapes, RsNPackets& packets);
void add_quote_shapes(Shapes& shapes, RsNPackets& packets);
void add_cut_shapes(Shapes& shapes, RsNPackets& packets);

// `packets` outlives them.
[[nodiscard]] inline Shapes all_shapes(RsNPackets& packets) {
    Shapes shapes;
    add_link_shapes(shapes);
    add_ipv4_shapes(shapes);
    add_ipv6_shapes(shapes);
    add_datagram_shapes(shapes, Family::ipv4);
    add_datagram_shapes(shapes, Family::ipv6);
    add_data_shapes(shapes, packets);
    add_inner_shapes(shapes, packets);
    add_quote_shapes(shapes, packets);
    add_cut_shapes(shapes, packets);
    return shapes;
}

// 0, 1, the largest and the one below it, and the real value's neighbours; never the real one.
[[nodiscard]] inline std::size_t extreme(std::size_t real, std::size_t most, Draw& draw) noexcept {
    const std::size_t values[]{0, 1, most - 1, most, (real - 1) & most, (real + 1) & most};
    std::size_t value = draw.one_of(values);
    while (value == real) {
        value = draw.one_of(values);
    }
    return value;
}

}  // namespace ntm::malformed
