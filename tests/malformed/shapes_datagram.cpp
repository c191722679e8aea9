// SPDX-License-Identifier: BSD-3-Clause
// UDP, the NTM header and what stands behind it, over either family.
#include "common/protocol/cookie.hpp"
#include "common/protocol/noise_ik.hpp"
#include "tests/malformed/shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;
using relay::PuntClass;

// Shapes over one family.
struct Table {
    Shapes& shapes;
    Family family;

    void add(
        const char* name,
        Outcomes allowed,
        void (*become)(Frame&, Family, Draw&),
        void (*change)(Frame&, Draw&)
    ) const {
        const char* over = family == Family::ipv4 ? " over IPv4" : " over IPv6";
        shapes.push_back(
            {std::string{name} + over,
             allowed,
             [=, its = family](Frame& frame, Draw& draw) {
                 become(frame, its, draw);
                 change(frame, draw);
                 frame.right_checksum();
             }}
        );
    }
    void any(const char* name, Outcomes allowed, void (*change)(Frame&, Draw&)) const {
        add(
            name, allowed, [](Frame& f, Family its, Draw& d) { f.become_any(its, d); }, change
        );
    }
    void any(const char* name, R reason, void (*change)(Frame&, Draw&)) const {
        any(name, Outcomes::drop(reason), change);
    }
    void tunnel(const char* name, R reason, void (*change)(Frame&, Draw&)) const {
        add(
            name,
            Outcomes::drop(reason),
            [](Frame& f, Family its, Draw& d) { f.become_tunnel(its, d); },
            change
        );
    }
    void control(const char* name, R reason, void (*change)(Frame&, Draw&)) const {
        add(
            name,
            Outcomes::drop(reason),
            [](Frame& f, Family its, Draw& d) { f.become_control(its, d); },
            change
        );
    }
    template <Kind kind>
    void of(const char* name, Outcomes allowed, void (*change)(Frame&, Draw&)) const {
        add(
            name, allowed, [](Frame& f, Family its, Draw& d) { f.become(its, kind, d); }, change
        );
    }
    template <Kind kind>
    void of(const char* name, R reason, void (*change)(Frame&, Draw&)) const {
        of<kind>(name, Outcomes::drop(reason), change);
    }
};

// Any datagram length but the real one.
void set_other_size(Frame& frame, Draw& draw, std::size_t least) {
    const std::size_t real = frame.length - frame.ntm_at();
    const std::size_t most = 300;
    std::size_t size = draw.from_to(least, most);
    while (size == real) {
        size = draw.from_to(least, most);
    }
    frame.resize(frame.ntm_at() + size);
    frame.right_lengths();
}

void add_udp(const Table& table) {
    table.any("an extreme UDP length", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.set_word(f.udp_at() + 4, extreme(f.length - f.udp_at(), 0xffff, d));
    });
    table.any("a UDP length below the header's", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.set_word(f.udp_at() + 4, d.below(8));
    });
    table.any("a shorter UDP length", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.set_word(f.udp_at() + 4, d.from_to(8, f.length - f.udp_at() - 1));
    });
    table.any("a longer UDP length", R::bad_udp_length, [](Frame& f, Draw& d) {
        f.set_word(f.udp_at() + 4, d.from_to(f.length - f.udp_at() + 1, 0xffff));
    });
    table.tunnel("source port 0", R::wrong_source, [](Frame& f, Draw&) {
        f.set_word(f.udp_at(), 0);
    });
    table.control("source port 0, control", R::bad_source, [](Frame& f, Draw&) {
        f.set_word(f.udp_at(), 0);
    });
    table.tunnel("another source port", R::wrong_source, [](Frame& f, Draw& d) {
        f.set_word(f.udp_at(), extreme(f.word(f.udp_at()), 0xffff, d));
    });
    table.any("another destination port", Outcomes::punt(PuntClass::host), [](Frame& f, Draw& d) {
        f.set_word(f.udp_at() + 2, extreme(9770, 0xffff, d));
    });
    table.any(
        "a datagram cut at any length",
        R::truncated_ntm | R::malformed_cookie | Outcomes::drop(R::malformed_handshake) |
            Outcomes::relayed() | Outcomes::punt(PuntClass::leg) |
            Outcomes::punt(PuntClass::signal) | Outcomes::punt(PuntClass::handshake),
        [](Frame& f, Draw& d) {
            f.resize(d.from_to(f.ntm_at(), f.length - 1));
            f.right_lengths();
        }
    );
}

void add_header(const Table& table) {
    table.any("no whole NTM header", R::truncated_ntm, [](Frame& f, Draw& d) {
        f.resize(f.ntm_at() + d.below(16));
        f.right_lengths();
    });
    table.any("another NTM version", R::bad_ntm_version, [](Frame& f, Draw& d) {
        f[f.ntm_at()] =
            static_cast<std::uint8_t>(d.one_of({0, 2, 7, 8, 14, 15}) << 4 | (f[f.ntm_at()] & 0x0f));
    });
    table.any("an unknown NTM type", R::unknown_ntm_type, [](Frame& f, Draw& d) {
        f[f.ntm_at()] = static_cast<std::uint8_t>(0x10 | d.from_to(6, 15));
    });
    table.any("random NTM header and body", Outcomes::anything(), [](Frame& f, Draw& d) {
        f.fill(f.ntm_at() + d.below(2), d);
    });
    table.any("harmless flags and counter", Outcomes::anything(), [](Frame& f, Draw& d) {
        f[f.ntm_at() + 1] ^= static_cast<std::uint8_t>(d.byte() & 0xfa);
        f.set_word(f.ntm_at() + d.one_of({2U, 4U, 6U}), extreme(0, 0xffff, d));
    });
}

void add_paths(const Table& table) {
    table.tunnel("a path that nobody has", R::unknown_path, [](Frame& f, Draw& d) {
        f.set_id(d.one_of(
            {std::uint64_t{0},
             std::uint64_t{1},
             std::uint64_t{10},
             UINT64_MAX,
             UINT64_MAX - 1,
             relay::testing::path.value - 1,
             relay::testing::path.value + 1}
        ));
    });
    table.tunnel("a path drawn at random", R::unknown_path, [](Frame& f, Draw& d) {
        f.set_id(d.number() | 0x8000);
    });
    table.of<Kind::leg>("LEG of a path that nobody has", R::unknown_path, [](Frame& f, Draw& d) {
        f.set_id(d.number() | 0x8000);
    });
    table.of<Kind::data_up>("in the other end's role", R::wrong_source, [](Frame& f, Draw&) {
        f[f.ntm_at() + 1] ^= 1;
    });
    table.of<Kind::end>("END in the other end's role", R::wrong_source, [](Frame& f, Draw&) {
        f[f.ntm_at() + 1] ^= 1;
    });
    table.of<Kind::data_up>(
        "too big for the way out",
        Outcomes::drop(R::too_big),
        [](Frame& f, Draw& d) {
            f.resize(d.from_to(1515, 9014));
            f.right_lengths();
        }
    );
    table.of<Kind::data_up>("one byte too big", R::too_big, [](Frame& f, Draw&) {
        f.resize(1515);
        f.right_lengths();
    });
    table.of<Kind::data_up>("just fits", Outcomes::relayed(), [](Frame& f, Draw&) {
        f.resize(1514);
        f.right_lengths();
    });
}

// Paths 5 to 9, which are of IPv4 on both sides.
void add_odd_paths(const Table& table) {
    table.of<Kind::data_up>("a leg that is not bound", R::leg_not_bound, [](Frame& f, Draw&) {
        f.set_id(5);
    });
    table.of<Kind::data_down>(
        "from a leg that is not bound", R::leg_not_bound, [](Frame& f, Draw&) { f.set_id(5); }
    );
    table.of<Kind::data_up>("no route", R::no_route, [](Frame& f, Draw&) { f.set_id(7); });
    table.of<Kind::data_up>("a silent next hop", R::next_hop_unresolved, [](Frame& f, Draw&) {
        f.set_id(8);
    });
    table.of<Kind::data_up>("too big for a small MTU", R::too_big, [](Frame& f, Draw& d) {
        f.set_id(9);
        f.resize(d.from_to(small_mtu + 15, 1514));
        f.right_lengths();
    });
    table.of<Kind::data_up>(
        "from near the address before a move",
        R::wrong_source,
        [](Frame& f, Draw& d) {
            f.set_id(6);
            f.set_address(f.source_at(), mn4_before.address);
            f.set_word(f.udp_at(), extreme(mn4_before.port.number, 0xffff, d));
        }
    );
}

void add_cookies(const Table& table) {
    table.of<Kind::cookie>(
        "a COOKIE ask of another length",
        R::malformed_cookie,
        [](Frame& f, Draw& d) { set_other_size(f, d, 16); }
    );
    table.of<Kind::cookie>("a COOKIE ask with an id", R::malformed_cookie, [](Frame& f, Draw& d) {
        f.set_id(d.number() | 1);
    });
    table.of<Kind::cookie>("a COOKIE ask from a group's MAC", R::bad_source, [](Frame& f, Draw& d) {
        f[6] = static_cast<std::uint8_t>(d.byte() | 1);
    });
    table.of<Kind::cookie>("COOKIE asks, a flood", Outcomes::answered(), [](Frame& f, Draw& d) {
        f.fill(f.ntm_at() + protocol::cookie_nonce_at, d);
        f.set_word(f.udp_at(), d.from_to(1, 0xffff));
    });
    table.of<Kind::cookie_answer>(
        "a COOKIE answer of another length",
        R::malformed_cookie,
        [](Frame& f, Draw& d) { set_other_size(f, d, 16); }
    );
    table.of<Kind::cookie_answer>(
        "a COOKIE answer with an id",
        R::malformed_cookie,
        [](Frame& f, Draw& d) { f.set_id(d.number() | 1); }
    );
    table.of<Kind::cookie_answer>(
        "a COOKIE answer to nothing",
        R::unknown_cookie,
        [](Frame& f, Draw& d) {
            f[f.ntm_at() + protocol::cookie_nonce_at + d.below(8)] ^=
                static_cast<std::uint8_t>(d.from_to(1, 255));
        }
    );
}

void add_signalling(const Table& table) {
    table.of<Kind::handshake>(
        "a HANDSHAKE too short",
        R::malformed_handshake,
        [](Frame& f, Draw& d) {
            constexpr std::size_t least =
                protocol::noise_message_1_at + protocol::noise_message_1_overhead;
            f.resize(f.ntm_at() + d.from_to(16, least - 1));
            f.right_lengths();
        }
    );
    table.of<Kind::handshake>(
        "a HANDSHAKE with an id",
        R::malformed_handshake,
        [](Frame& f, Draw& d) { f.set_id(d.number() | 1); }
    );
    table.of<Kind::handshake>(
        "HANDSHAKEs, a flood",
        Outcomes::punt(PuntClass::handshake),
        [](Frame& f, Draw& d) { f.fill(f.ntm_at() + 16, d); }
    );
    table.of<Kind::handshake_answer>(
        "a HANDSHAKE answer to nothing",
        R::unknown_session,
        [](Frame& f, Draw& d) { f.set_id(d.number() | 0x100); }
    );
    table.of<Kind::signal>("SIGNAL of no session", R::unknown_session, [](Frame& f, Draw& d) {
        f.set_id(extreme(live_session.value, SIZE_MAX, d));
    });
    table.of<Kind::signal>(
        "SIGNAL of a session, of any length",
        Outcomes::punt(PuntClass::signal),
        [](Frame& f, Draw& d) { set_other_size(f, d, 16); }
    );
    table.of<Kind::leg>(
        "LEG of a path, of any length",
        Outcomes::punt(PuntClass::leg),
        [](Frame& f, Draw& d) {
            f.set_id(d.one_of({relay::testing::path.value, std::uint64_t{2}, std::uint64_t{5}}));
            set_other_size(f, d, 16);
        }
    );
}

}  // namespace

void add_datagram_shapes(Shapes& shapes, Family family) {
    const Table table{shapes, family};
    add_udp(table);
    add_header(table);
    add_paths(table);
    if (family == Family::ipv4) {
        add_odd_paths(table);
    }
    add_cookies(table);
    add_signalling(table);
}

}  // namespace ntm::malformed
