// SPDX-License-Identifier: BSD-3-Clause
// Marks of the port, Ethernet, and what is the same over both families.
#include "tests/malformed/shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;
using relay::PuntClass;

Family any_family(Draw& draw) {
    return draw.below(2) == 0 ? Family::ipv4 : Family::ipv6;
}

// A shape over any good frame of any family.
Shape any(const char* name, Outcomes allowed, void (*change)(Frame&, Draw&)) {
    return {name, allowed, [change](Frame& frame, Draw& draw) {
                frame.become_any(any_family(draw), draw);
                change(frame, draw);
            }};
}
Shape any(const char* name, R reason, void (*change)(Frame&, Draw&)) {
    return any(name, Outcomes::drop(reason), change);
}

void tag(Frame& frame, Draw& draw, std::size_t count, std::uint16_t outer) {
    for (std::size_t i = 0; i < count; ++i) {
        frame.insert(12, 4);
        frame.set_word(14, draw.below(0x10000));
        frame.set_word(12, i + 1 == count ? outer : 0x8100U);
    }
}

void add_tags(Shapes& shapes) {
    shapes.push_back(any("a VLAN tag", R::vlan_tagged, [](Frame& f, Draw& d) {
        tag(f, d, 1, 0x8100);
    }));
    shapes.push_back(any("a priority tag (VLAN 0)", R::vlan_tagged, [](Frame& f, Draw& d) {
        tag(f, d, 1, 0x8100);
        f.set_word(14, 0);
    }));
    shapes.push_back(any("two VLAN tags", R::vlan_tagged, [](Frame& f, Draw& d) {
        tag(f, d, 2, 0x8100);
    }));
    shapes.push_back(any("QinQ", R::vlan_tagged, [](Frame& f, Draw& d) { tag(f, d, 2, 0x88a8); }));
    shapes.push_back(any("three tags", R::vlan_tagged, [](Frame& f, Draw& d) {
        tag(f, d, 3, 0x88a8);
    }));
    shapes.push_back(any("a tag and nothing behind it", R::vlan_tagged, [](Frame& f, Draw& d) {
        tag(f, d, 1, 0x8100);
        f.resize(d.from_to(14, 18));
    }));
    shapes.push_back(any("an old QinQ tag (0x9100)", R::unknown_ethertype, [](Frame& f, Draw& d) {
        tag(f, d, 1, 0x9100);
    }));
}

void add_ethernet(Shapes& shapes) {
    shapes.push_back(any("another station's MAC", R::not_our_mac, [](Frame& f, Draw& d) {
        f[d.from_to(1, 5)] ^= static_cast<std::uint8_t>(d.from_to(2, 255));
    }));
    shapes.push_back(any("broadcast by Ethernet", R::not_our_mac, [](Frame& f, Draw&) {
        std::fill_n(&f[0], 6, std::uint8_t{0xff});
    }));
    shapes.push_back(any("multicast by Ethernet", R::not_our_mac, [](Frame& f, Draw& d) {
        f[0] = static_cast<std::uint8_t>(d.byte() | 1);
    }));
    shapes.push_back(any("the other port's MAC", R::not_our_mac, [](Frame& f, Draw&) {
        f.port ^= 1;
    }));
    shapes.push_back(any("a length for an ethertype", R::unknown_ethertype, [](Frame& f, Draw& d) {
        f.set_word(12, d.below(1501));
    }));
    shapes.push_back(any("another ethertype", R::unknown_ethertype, [](Frame& f, Draw& d) {
        f.set_word(
            12, d.one_of({0x8035U, 0x8847U, 0x8863U, 0x8864U, 0x888eU, 0x88ccU, 0xfffeU, 0xffffU})
        );
    }));
    shapes.push_back(
        any("the other family's ethertype",
            R::bad_ipv4_header | R::bad_ipv6_header,
            [](Frame& f, Draw&) { f.set_word(12, f.is_ipv6() ? 0x0800 : 0x86dd); })
    );
    shapes.push_back(
        any("cut at any length",
            R::truncated_ethernet | R::truncated_ipv4 | Outcomes::drop(R::truncated_ipv6),
            [](Frame& f, Draw& d) { f.resize(d.below(f.length)); })
    );
    shapes.push_back(any("no whole Ethernet header", R::truncated_ethernet, [](Frame& f, Draw& d) {
        f.resize(d.below(14));
    }));
    shapes.push_back(
        any("no IP header at all",
            R::truncated_ipv4 | R::truncated_ipv6,
            [](Frame& f, Draw&) { f.resize(14); })
    );
    shapes.push_back(
        any("ARP, true or not",
            Outcomes::punt(PuntClass::neighbour),
            [](Frame& f, Draw& d) {
                f.set_word(12, 0x0806);
                f.resize(d.from_to(14, 60));
                f.fill(14, d);
            })
    );
}

void add_marks(Shapes& shapes) {
    shapes.push_back(any("in several buffers", R::multi_segment, [](Frame& f, Draw& d) {
        f.marks = static_cast<std::uint8_t>(ReceiveMarks::multi_segment | d.one_of({0, 1, 4, 5}));
    }));
    shapes.push_back(any("in several buffers, jumbo", R::multi_segment, [](Frame& f, Draw&) {
        f.marks = ReceiveMarks::multi_segment;
        f.resize(9000);
    }));
    shapes.push_back(any("marked bad by the card", R::bad_nic_checksum, [](Frame& f, Draw& d) {
        f.marks = static_cast<std::uint8_t>(ReceiveMarks::bad_checksum | d.one_of({0, 4}));
    }));
}

void add_noise(Shapes& shapes) {
    const Outcomes any_fate = Outcomes::anything();
    shapes.push_back(any("one bit turned", any_fate, [](Frame& f, Draw& d) {
        f[d.below(f.length)] ^= static_cast<std::uint8_t>(1U << d.below(8));
    }));
    shapes.push_back(any("some bits turned, checksum right", any_fate, [](Frame& f, Draw& d) {
        for (std::uint32_t more = d.from_to(2, 6); more > 0; --more) {
            f[d.below(std::min<std::size_t>(f.length, 78))] ^=
                static_cast<std::uint8_t>(1U << d.below(8));
        }
        f.right_checksum();
    }));
    shapes.push_back(
        any("random bytes behind Ethernet",
            R::bad_ipv4_header | R::truncated_ipv4 | Outcomes::drop(R::bad_ipv4_checksum) |
                R::truncated_ipv6 | R::bad_ipv6_header | R::not_our_address |
                Outcomes::punt(PuntClass::host),
            [](Frame& f, Draw& d) {
                f.resize(d.from_to(14, 300));
                f.fill(14, d);
            })
    );
    shapes.push_back(any("all random", any_fate, [](Frame& f, Draw& d) {
        f.resize(d.from_to(0, 200));
        f.fill(0, d);
    }));
    shapes.push_back(any("all zero", R::truncated_ethernet | R::not_our_mac, [](Frame& f, Draw& d) {
        f.length = 0;
        f.resize(d.from_to(0, 1514));
    }));
    shapes.push_back(
        any("all ones",
            R::truncated_ethernet | R::unknown_ethertype,
            [](Frame& f, Draw& d) {
                f.resize(d.from_to(0, 300));
                std::fill_n(&f[0], f.length, std::uint8_t{0xff});
            })
    );
    shapes.push_back(any("padded by Ethernet", any_fate, [](Frame& f, Draw& d) {
        f.resize(f.length + d.from_to(1, 9000 - f.length));
    }));
}

}  // namespace

void add_link_shapes(Shapes& shapes) {
    add_tags(shapes);
    add_ethernet(shapes);
    add_marks(shapes);
    add_noise(shapes);
}

}  // namespace ntm::malformed
