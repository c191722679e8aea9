// SPDX-License-Identifier: BSD-3-Clause
// IPv6 headers and what may stand between them and UDP.
#include "tests/malformed/shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;
using relay::PuntClass;

constexpr std::size_t ip = Frame::ip_at;
constexpr std::size_t behind = ip + 40;
constexpr std::uint8_t hop_by_hop = 0;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t routing = 43;
constexpr std::uint8_t fragment = 44;
constexpr std::uint8_t authentication = 51;
constexpr std::uint8_t icmpv6 = 58;
constexpr std::uint8_t destination_options = 60;
constexpr std::uint8_t mobility = 135;

Shape any(const char* name, Outcomes allowed, void (*change)(Frame&, Draw&)) {
    return {std::string{"IPv6: "} + name, allowed, [change](Frame& frame, Draw& draw) {
                frame.become_any(Family::ipv6, draw);
                change(frame, draw);
            }};
}
Shape any(const char* name, R reason, void (*change)(Frame&, Draw&)) {
    return any(name, Outcomes::drop(reason), change);
}
Shape tunnel(const char* name, R reason, void (*change)(Frame&, Draw&)) {
    return {std::string{"IPv6: "} + name, reason, [change](Frame& frame, Draw& draw) {
                frame.become_tunnel(Family::ipv6, draw);
                change(frame, draw);
            }};
}

void right_length(Frame& frame) {
    frame.set_word(ip + 4, frame.length - behind);
}

// An extension header of 8 bytes in front of all that is there already.
void extend(Frame& frame, Draw& draw, std::uint8_t kind) {
    frame.insert(behind, 8);
    frame[behind] = frame[ip + 6];
    for (std::size_t at = 1; at < 8; ++at) {
        frame[behind + at] = at == 1 ? std::uint8_t{0} : draw.byte();
    }
    frame[ip + 6] = kind;
    right_length(frame);
}

void add_header(Shapes& shapes) {
    shapes.push_back(any("another version", R::bad_ipv6_header, [](Frame& f, Draw& d) {
        f[ip] = static_cast<std::uint8_t>(d.one_of({0, 1, 4, 5, 7, 14, 15}) << 4);
    }));
    shapes.push_back(any("a longer payload length", R::truncated_ipv6, [](Frame& f, Draw& d) {
        f.set_word(ip + 4, d.from_to(f.length - behind + 1, 0xffff));
    }));
    shapes.push_back(any("a shorter payload length", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.set_word(ip + 4, d.below(f.length - behind));
    }));
    shapes.push_back(any("payload length 0", R::bad_udp_length, [](Frame& f, Draw&) {
        f.set_word(ip + 4, 0);
    }));
    shapes.push_back(
        any("an extreme payload length",
            R::truncated_ipv6 | R::bad_udp_length,
            [](Frame& f, Draw& d) { f.set_word(ip + 4, extreme(f.length - behind, 0xffff, d)); })
    );
    shapes.push_back(
        any("a payload length into the padding",
            R::bad_udp_length,
            [](Frame& f, Draw& d) {
                const std::size_t real = f.length - behind;
                f.resize(f.length + d.from_to(1, 60));
                f.set_word(ip + 4, d.from_to(real + 1, f.length - behind));
            })
    );
    shapes.push_back(any("headers alone", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.resize(behind + d.below(8));
        right_length(f);
    }));
    shapes.push_back(tunnel("hop limit 0 or 1", R::ttl_expired, [](Frame& f, Draw& d) {
        f[ip + 7] = static_cast<std::uint8_t>(d.below(2));
    }));
    shapes.push_back(any("harmless fields", Outcomes::anything(), [](Frame& f, Draw& d) {
        f[ip] = static_cast<std::uint8_t>(0x60 | d.below(16));
        f[ip + 1] = static_cast<std::uint8_t>(extreme(0, 255, d));
        f.set_word(ip + 2, extreme(0, 0xffff, d));
        f[ip + 7] = static_cast<std::uint8_t>(extreme(64, 255, d));
    }));
}

void add_extensions(Shapes& shapes) {
    shapes.push_back(any("hop-by-hop options before UDP", R::ipv6_extension, [](Frame& f, Draw& d) {
        extend(f, d, hop_by_hop);
    }));
    shapes.push_back(any("a routing header", R::ipv6_extension, [](Frame& f, Draw& d) {
        extend(f, d, routing);
    }));
    shapes.push_back(any("destination options", R::ipv6_extension, [](Frame& f, Draw& d) {
        extend(f, d, destination_options);
    }));
    shapes.push_back(any("an authentication header", R::ipv6_extension, [](Frame& f, Draw& d) {
        extend(f, d, authentication);
    }));
    shapes.push_back(any("a mobility header", R::ipv6_extension, [](Frame& f, Draw& d) {
        extend(f, d, mobility);
    }));
    shapes.push_back(any("a chain of extension headers", R::ipv6_extension, [](Frame& f, Draw& d) {
        extend(f, d, d.one_of({hop_by_hop, routing, destination_options, fragment}));
        for (std::uint32_t more = d.from_to(0, 6); more > 0; --more) {
            extend(f, d, d.one_of({routing, destination_options, authentication}));
        }
        extend(f, d, d.one_of({hop_by_hop, routing, destination_options}));
    }));
    shapes.push_back(
        any("an extension header and nothing behind it",
            R::ipv6_extension,
            [](Frame& f, Draw& d) {
                extend(f, d, d.one_of({hop_by_hop, routing, destination_options}));
                f.resize(behind + d.below(8));
                right_length(f);
            })
    );
}

void add_fragments(Shapes& shapes) {
    shapes.push_back(any("a fragment", Outcomes::fragment(), [](Frame& f, Draw& d) {
        extend(f, d, fragment);
    }));
    shapes.push_back(any("a cut fragment header", Outcomes::fragment(), [](Frame& f, Draw& d) {
        extend(f, d, fragment);
        f.resize(behind + d.below(8));
        right_length(f);
    }));
    shapes.push_back(any("a fragment of a chain", Outcomes::fragment(), [](Frame& f, Draw& d) {
        extend(f, d, d.one_of({hop_by_hop, routing, destination_options}));
        extend(f, d, fragment);
    }));
    shapes
        .push_back(any("a fragment of TCP or ICMPv6", Outcomes::fragment(), [](Frame& f, Draw& d) {
            extend(f, d, fragment);
            f[behind] = d.one_of({tcp, icmpv6});
        }));
}

void add_other_protocols(Shapes& shapes) {
    shapes.push_back(
        any("hop-by-hop options before ICMPv6",
            Outcomes::punt(PuntClass::host),
            [](Frame& f, Draw& d) {
                extend(f, d, hop_by_hop);
                f[behind] = icmpv6;
            })
    );
    shapes.push_back(
        any("another next header",
            Outcomes::punt(PuntClass::host),
            [](Frame& f, Draw& d) {
                f[ip + 6] = d.one_of(
                    {tcp,
                     std::uint8_t{1},
                     std::uint8_t{16},
                     std::uint8_t{18},
                     std::uint8_t{50},
                     std::uint8_t{59},
                     std::uint8_t{254},
                     std::uint8_t{255}}
                );
            })
    );
    shapes.push_back(
        any("neighbour discovery",
            Outcomes::punt(PuntClass::neighbour),
            [](Frame& f, Draw& d) {
                f[ip + 6] = icmpv6;
                f[ip + 7] = 255;
                f[behind] = static_cast<std::uint8_t>(d.from_to(133, 137));
            })
    );
    shapes.push_back(
        any("neighbour discovery from afar",
            Outcomes::punt(PuntClass::host),
            [](Frame& f, Draw& d) {
                f[ip + 6] = icmpv6;
                f[ip + 7] = static_cast<std::uint8_t>(d.below(255));
                f[behind] = static_cast<std::uint8_t>(d.from_to(133, 137));
            })
    );
}

void add_addresses(Shapes& shapes) {
    shapes.push_back(
        any("a source that is no sender",
            R::wrong_source | R::bad_source,
            [](Frame& f, Draw& d) {
                static const IpAddress none[]{
                    relay::testing::rs6.address,
                    relay::testing::address("::"),
                    relay::testing::address("::1"),
                    relay::testing::address("ff02::1"),
                    relay::testing::address("ff0e::1234")};
                f.set_address(f.source_at(), d.one_of(none));
            })
    );
    shapes.push_back(tunnel("another source", R::wrong_source, [](Frame& f, Draw& d) {
        f[f.source_at() + d.below(16)] ^= static_cast<std::uint8_t>(d.from_to(1, 255));
    }));
    shapes.push_back(any("another destination", R::not_our_address, [](Frame& f, Draw& d) {
        f[f.destination_at() + d.from_to(1, 15)] ^= static_cast<std::uint8_t>(d.from_to(1, 255));
    }));
    shapes.push_back(any("a destination for many", R::not_our_address, [](Frame& f, Draw& d) {
        f[f.destination_at()] = 0xff;
        f[f.destination_at() + 1] = static_cast<std::uint8_t>(d.below(16));
    }));
    shapes.push_back(any("a link-local destination", R::not_our_address, [](Frame& f, Draw& d) {
        f.set_address(f.destination_at(), relay::testing::address("fe80::1"));
        f[f.destination_at() + 15] = d.byte();
    }));
    shapes.push_back(
        any("for many, another port",
            Outcomes::punt(PuntClass::host),
            [](Frame& f, Draw& d) {
                f[f.destination_at()] = 0xff;
                f.set_word(f.udp_at() + 2, extreme(9770, 0xffff, d));
            })
    );
    shapes.push_back(any("no UDP checksum", R::zero_udp_checksum, [](Frame& f, Draw&) {
        f.set_word(f.udp_at() + 6, 0);
    }));
}

}  // namespace

void add_ipv6_shapes(Shapes& shapes) {
    add_header(shapes);
    add_extensions(shapes);
    add_fragments(shapes);
    add_other_protocols(shapes);
    add_addresses(shapes);
}

}  // namespace ntm::malformed
