// SPDX-License-Identifier: BSD-3-Clause
// IPv4 headers. Unless a shape is about it, the header checksum is right.
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;
using relay::PuntClass;

constexpr std::size_t ip = Frame::ip_at;
constexpr std::uint8_t tcp = 6;

Shape any(const char* name, Outcomes allowed, void (*change)(Frame&, Draw&)) {
    return {std::string{"IPv4: "} + name, allowed, [change](Frame& frame, Draw& draw) {
                frame.become_any(Family::ipv4, draw);
                change(frame, draw);
            }};
}
Shape any(const char* name, R reason, void (*change)(Frame&, Draw&)) {
    return any(name, Outcomes::drop(reason), change);
}
Shape tunnel(const char* name, Outcomes allowed, void (*change)(Frame&, Draw&)) {
    return {std::string{"IPv4: "} + name, allowed, [change](Frame& frame, Draw& draw) {
                frame.become_tunnel(Family::ipv4, draw);
                change(frame, draw);
            }};
}

void set_length(Frame& frame, std::size_t length) {
    frame.set_word(ip + 2, length);
    frame.right_checksum();
}

void add_header(Shapes& shapes) {
    shapes.push_back(any("another version", R::bad_ipv4_header, [](Frame& f, Draw& d) {
        f[ip] = static_cast<std::uint8_t>(d.one_of({0, 1, 3, 5, 6, 14, 15}) << 4 | 5);
        f.right_checksum();
    }));
    shapes.push_back(any("a header length below 5", R::bad_ipv4_header, [](Frame& f, Draw& d) {
        f[ip] = static_cast<std::uint8_t>(0x40 | d.below(5));
        f.right_checksum();
    }));
    shapes.push_back(
        any("a lying header length",
            R::bad_ipv4_checksum | R::truncated_ipv4 | Outcomes::drop(R::bad_udp_length),
            [](Frame& f, Draw& d) {
                f[ip] = static_cast<std::uint8_t>(0x40 | d.from_to(6, 15));
                f.right_checksum();
            })
    );
    shapes.push_back(any("options", R::ipv4_options, [](Frame& f, Draw& d) {
        const std::size_t words = d.from_to(1, 10);
        f.insert(ip + 20, words * 4);
        std::fill_n(&f[ip + 20], words * 4, std::uint8_t{1});  // "no operation"
        f[ip] = static_cast<std::uint8_t>(0x45 + words);
        f.set_word(ip + 2, f.length - ip);
        f.set_word(ip + 10, 0);
        f.set_word(ip + 10, ~plain_sum({&f[ip], 20 + words * 4}) & 0xffffU);
    }));
    shapes.push_back(any("a wrong checksum", R::bad_ipv4_checksum, [](Frame& f, Draw& d) {
        const std::uint32_t sum = f.word(ip + 10) + d.from_to(1, 0xfffd);
        f.set_word(ip + 10, (sum & 0xffff) + (sum >> 16));
    }));
    shapes.push_back(any("no checksum", R::bad_ipv4_checksum, [](Frame& f, Draw&) {
        f.set_word(ip + 10, 0);
    }));
}

void add_lengths(Shapes& shapes) {
    shapes.push_back(
        any("a total length below the header's",
            R::truncated_ipv4,
            [](Frame& f, Draw& d) { set_length(f, d.below(20)); })
    );
    shapes.push_back(any("a shorter total length", R::bad_udp_length, [](Frame& f, Draw& d) {
        set_length(f, d.from_to(20, f.length - ip - 1));
    }));
    shapes.push_back(any("a longer total length", R::truncated_ipv4, [](Frame& f, Draw& d) {
        set_length(f, d.from_to(f.length - ip + 1, 0xffff));
    }));
    shapes.push_back(
        any("an extreme total length",
            R::truncated_ipv4 | R::bad_udp_length,
            [](Frame& f, Draw& d) { set_length(f, extreme(f.length - ip, 0xffff, d)); })
    );
    shapes
        .push_back(any("a total length into the padding", R::bad_udp_length, [](Frame& f, Draw& d) {
            const std::size_t real = f.length - ip;
            f.resize(f.length + d.from_to(1, 60));
            set_length(f, d.from_to(real + 1, f.length - ip));
        }));
    shapes.push_back(any("headers alone", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.resize(ip + 20 + d.below(8));
        set_length(f, f.length - ip);
    }));
}

void add_fragments(Shapes& shapes) {
    shapes.push_back(any("a first fragment", Outcomes::fragment(), [](Frame& f, Draw&) {
        f.set_word(ip + 6, 0x2000);
        f.right_checksum();
    }));
    shapes.push_back(any("a later fragment", Outcomes::fragment(), [](Frame& f, Draw& d) {
        f.set_word(ip + 6, d.from_to(1, 0x1fff) | d.one_of({0x0000U, 0x2000U}));
        f.right_checksum();
    }));
    shapes.push_back(any("a fragment at an extreme", Outcomes::fragment(), [](Frame& f, Draw& d) {
        f.set_word(
            ip + 6, d.one_of({0x0001U, 0x1ffeU, 0x1fffU, 0x3fffU, 0xffffU, 0x6000U, 0xe000U})
        );
        f.right_checksum();
    }));
    shapes.push_back(any("a fragment of TCP", Outcomes::fragment(), [](Frame& f, Draw& d) {
        f.set_word(ip + 6, d.from_to(1, 0x3fff));
        f[ip + 9] = tcp;
        f.right_checksum();
    }));
    shapes.push_back(any("a fragment to many", R::fragment, [](Frame& f, Draw& d) {
        f.set_word(ip + 6, d.from_to(1, 0x3fff));
        f.set_word(ip + 16, 0xe000U | d.below(0x1000));
        f.right_checksum();
    }));
}

void add_addresses(Shapes& shapes) {
    shapes.push_back(
        any("a source that is no sender",
            R::wrong_source | R::bad_source,
            [](Frame& f, Draw& d) {
                static const IpAddress none[]{
                    relay::testing::rs4.address,
                    relay::testing::address("224.0.0.1"),
                    relay::testing::address("239.255.255.255"),
                    relay::testing::address("255.255.255.255"),
                    relay::testing::address("127.0.0.1"),
                    relay::testing::address("127.255.255.255"),
                    relay::testing::address("0.0.0.0")};
                f.set_address(f.source_at(), d.one_of(none));
                f.right_checksum();
            })
    );
    shapes
        .push_back(tunnel("another source", Outcomes::drop(R::wrong_source), [](Frame& f, Draw& d) {
            f[f.source_at() + d.below(4)] ^= static_cast<std::uint8_t>(d.from_to(1, 255));
            f.right_checksum();
        }));
    shapes.push_back(any("another destination", R::not_our_address, [](Frame& f, Draw& d) {
        f[f.destination_at() + d.from_to(1, 3)] ^= static_cast<std::uint8_t>(d.from_to(1, 255));
        f.right_checksum();
    }));
    shapes.push_back(any("a destination for many", R::not_our_address, [](Frame& f, Draw& d) {
        f[f.destination_at()] = static_cast<std::uint8_t>(d.from_to(224, 239));
        f.right_checksum();
    }));
    shapes.push_back(any("broadcast by IP", R::not_our_address, [](Frame& f, Draw&) {
        f.set_address(f.destination_at(), relay::testing::address("255.255.255.255"));
        f.right_checksum();
    }));
    shapes.push_back(
        any("for many, another port",
            Outcomes::punt(PuntClass::host),
            [](Frame& f, Draw& d) {
                f[f.destination_at()] = 224;
                f.set_word(f.udp_at() + 2, extreme(9770, 0xffff, d));
                f.right_checksum();
            })
    );
}

void add_rest(Shapes& shapes) {
    shapes.push_back(tunnel("TTL 0 or 1", Outcomes::drop(R::ttl_expired), [](Frame& f, Draw& d) {
        f[ip + 8] = static_cast<std::uint8_t>(d.below(2));
        f.right_checksum();
    }));
    shapes
        .push_back(any("another protocol", Outcomes::punt(PuntClass::host), [](Frame& f, Draw& d) {
            f[ip + 9] = static_cast<std::uint8_t>(extreme(17, 255, d));
            f.right_checksum();
        }));
    shapes.push_back(any("harmless fields", Outcomes::anything(), [](Frame& f, Draw& d) {
        f[ip + 1] = static_cast<std::uint8_t>(extreme(0, 255, d));
        f.set_word(ip + 4, extreme(0, 0xffff, d));
        f[ip + 8] = static_cast<std::uint8_t>(extreme(64, 255, d));
        f.right_checksum();
    }));
    shapes.push_back(
        {"IPv4: no room for a longer header",
         R::no_headroom,
         [](Frame& f, Draw& d) {
             f.become(Family::ipv4, d.one_of({Kind::data_up_across, Kind::data_down_across}), d);
             f.headroom = static_cast<std::uint16_t>(d.below(20));
         }}
    );
    shapes.push_back(
        {"IPv4: a wrong checksum that the card calls good",
         Outcomes::relayed(),
         [](Frame& f, Draw& d) {
             f.become_tunnel(Family::ipv4, d);
             f.set_word(ip + 10, d.below(0x10000));
             f.marks = ReceiveMarks::good_ipv4_checksum;
         }}
    );
}

}  // namespace

void add_ipv4_shapes(Shapes& shapes) {
    add_header(shapes);
    add_lengths(shapes);
    add_fragments(shapes);
    add_addresses(shapes);
    add_rest(shapes);
}

}  // namespace ntm::malformed
