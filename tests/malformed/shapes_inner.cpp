// SPDX-License-Identifier: BSD-3-Clause
// RS-N: inner packets under the right key, and packets to public addresses.
#include "common/packet/ipv4.hpp"
#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/rs_n_shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;
using relay::PuntClass;

constexpr Outcomes kernels = Outcomes::punt(PuntClass::host);

// A first packet that makes a session where there may be none left.
constexpr Outcomes opened = Outcomes::relayed() | Outcomes::told(R::napt_no_memory) |
                            Outcomes::drop(R::napt_no_ports) | Outcomes::drop(R::napt_mapping_rate);

std::size_t upper_at(const Bytes& packet) {
    return header_length(packet);
}
std::size_t length_at(const Bytes& packet) {
    return is_ipv6(packet) ? 4 : 2;
}
void put_protocol(Bytes& packet, std::uint8_t protocol) {
    packet[is_ipv6(packet) ? 6 : 9] = protocol;
    repair_if_ipv4(packet);
}
// To that size, with the length that fits.
void cut(Bytes& packet, std::size_t size) {
    packet.resize(size);
    put_word(packet, length_at(packet), size - (is_ipv6(packet) ? 40 : 0));
    repair_if_ipv4(packet);
}

void add_headers(const RsNTable& table) {
    table.nodes("another version", R::inner_ip_length, [](Bytes& p, Draw& d) {
        p[0] = static_cast<std::uint8_t>(d.one_of({0, 1, 3, 5, 7, 8, 15}) << 4 | (p[0] & 0x0f));
        p.resize(d.from_to(1, p.size()));
    });
    table.nodes("an extreme length", R::inner_ip_length, [](Bytes& p, Draw& d) {
        put_word(p, length_at(p), extreme(word_at(p, length_at(p)), 0xffff, d));
        repair_if_ipv4(p);
    });
    table.nodes("cut at any length", R::inner_ip_length, [](Bytes& p, Draw& d) {
        p.resize(d.from_to(1, p.size() - 1));
    });
    table.nodes("longer than it says", R::inner_ip_length, [](Bytes& p, Draw& d) {
        p.resize(p.size() + d.from_to(1, 60));
    });
    table.general("padded", Outcomes::relayed(), [](Bytes& p, Draw& d) {
        p.resize(p.size() + d.from_to(1, 60));
    });
    table.any("the last hop", Outcomes::told(R::ttl_expired), [](Bytes& p, Draw& d) {
        p[is_ipv6(p) ? 7 : 8] = static_cast<std::uint8_t>(d.below(2));
        repair_if_ipv4(p);
    });
    table.any("harmless fields", Outcomes::relayed(), [](Bytes& p, Draw& d) {
        p[1] = d.byte();
        p[is_ipv6(p) ? 7 : 8] = static_cast<std::uint8_t>(d.from_to(2, 255));
        if (!is_ipv6(p)) {
            put_word(p, 4, d.below(0x10000));
        }
        repair_if_ipv4(p);
    });
    table.any("random behind the addresses", Outcomes::anything(), [](Bytes& p, Draw& d) {
        for (std::size_t at = upper_at(p); at < p.size(); ++at) {
            p[at] = d.byte();
        }
    });
    table.nodes("random bytes", Outcomes::anything(), [](Bytes& p, Draw& d) {
        p.resize(d.from_to(1, 120));
        for (std::uint8_t& byte : p) {
            byte = d.byte();
        }
    });
}

void add_ipv4_headers(const RsNTable& table) {
    table.nodes("a wrong header checksum", R::inner_ipv4_checksum, [](Bytes& p, Draw& d) {
        p[d.from_to(8, 19)] ^= static_cast<std::uint8_t>(d.from_to(1, 255));
    });
    table.any("options", R::inner_ipv4_options, [](Bytes& p, Draw& d) {
        const std::size_t words = d.from_to(1, 10);
        p.insert(p.begin() + 20, words * 4, std::uint8_t{1});
        p[0] = static_cast<std::uint8_t>(0x45 + words);
        put_word(p, 2, p.size());
        napt::repair_ipv4_header(p);
    });
    table.any(RsNShape{
        "a fragment", Outcomes::fragment(), [](Bytes& p, Draw& d) {
            put_word(p, 6, d.from_to(1, 0x3fff));
            repair_ipv4_header(p);
        }}.at_own(Outcomes::fragment()));
}

void add_ipv6_headers(const RsNTable& table) {
    table.any(RsNShape{
        "a fragment", Outcomes::fragment(), [](Bytes& p, Draw&) {
            put_protocol(p, ip_protocol::fragment);
        }}.at_own(Outcomes::fragment()));
    table.any(RsNShape{
        "an extension header", R::inner_ipv6_extension, [](Bytes& p, Draw& d) {
            put_protocol(p, d.one_of<std::uint8_t>({0, 43, 51, 60, 135}));
        }}.at_own(kernels | R::ipv6_extension));
}

void add_protocols(const RsNTable& table) {
    table.any(RsNShape{
        "another protocol", R::inner_protocol, [](Bytes& p, Draw& d) {
            put_protocol(p, d.one_of<std::uint8_t>({2, 4, 41, 47, 50, 89, 103, 132, 253, 255}));
        }}.at_own(kernels));
    table.any(RsNShape{
        "the other family's ICMP", R::inner_protocol, [](Bytes& p, Draw&) {
            put_protocol(p, is_ipv6(p) ? ip_protocol::icmp : ip_protocol::icmpv6);
        }}.at_own(kernels));
    table.any(RsNShape{
        "a few bytes of its protocol",
        R::inner_udp | R::inner_tcp | Outcomes::drop(R::inner_icmp),
        [](Bytes& p, Draw& d) {
            cut(p, upper_at(p) + d.below(8));
        }}.at_own(kernels | R::bad_udp_length));
    table.any(RsNShape{
        "half a TCP header", R::inner_tcp, [](Bytes& p, Draw& d) {
            cut(p, upper_at(p) + d.from_to(8, 19));
        }}.of(napt::Kind::tcp));
    table.any(RsNShape{
        "a wrong TCP header length", R::inner_tcp, [](Bytes& p, Draw& d) {
            p[upper_at(p) + 12] =
                static_cast<std::uint8_t>(d.one_of({0U, 1U, 4U, 6U, 7U, 15U}) << 4 | d.below(16));
        }}.of(napt::Kind::tcp));
    table.any(RsNShape{
        "any flags and numbers",
        Outcomes::relayed() | R::napt_reset_off_window,
        [](Bytes& p, Draw& d) {
            p[upper_at(p) + 13] = d.byte();
            put_word(p, upper_at(p) + d.one_of({4U, 6U, 8U, 10U}), d.below(0x10000));
        }}.of(napt::Kind::tcp));
    table.any(RsNShape{
        "a wrong UDP length", R::inner_udp, [](Bytes& p, Draw& d) {
            const std::size_t at = upper_at(p) + 4;
            put_word(p, at, extreme(word_at(p, at), 0xffff, d));
        }}.of(napt::Kind::udp));
    table.any("a wrong checksum", Outcomes::relayed(), [](Bytes& p, Draw& d) {
        const std::size_t at = checksum_at(p);
        put_word(p, at, (word_at(p, at) ^ d.from_to(1, 0xfffe)) | 1U);
    });
}

void add_ports(const RsNTable& table) {
    for (const napt::Kind kind : {napt::Kind::udp, napt::Kind::tcp}) {
        table.any(RsNShape{
            "source port 0", R::inner_port_zero, [](Bytes& p, Draw&) {
                put_word(p, upper_at(p), 0);
            }}.of(kind));
        table.any(RsNShape{
            "destination port 0",
            R::inner_port_zero,
            [](Bytes& p, Draw&) {
                put_word(p, upper_at(p) + 2, 0);
            }}.of(kind)
                      .at_own(kernels));
    }
    table
        .add(from_node, {"another source port", opened | R::napt_no_session, [](Bytes& p, Draw& d) {
                             const std::size_t at = upper_at(p) + (is_icmp(p) ? 4 : 0);
                             put_word(p, at, d.from_to(40000, 40040));
                         }});
    table.general(RsNShape{
        "a port of nobody's", R::napt_no_mapping, [](Bytes& p, Draw& d) {
            const std::size_t at = upper_at(p) + (is_icmp(p) ? 4 : 2);
            put_word(p, at, d.one_of({1U, 22U, 9771U, 19999U, 20512U, 65535U}));
        }}.at_own(kernels));
    // An identifier may be the kernel's.
    table.general(RsNShape{
        "any public port",
        Outcomes::relayed() | R::napt_no_mapping | Outcomes::drop(R::napt_filtered) |
            Outcomes::drop(R::napt_no_session),
        [](Bytes& p, Draw& d) {
            const std::size_t at = upper_at(p) + (is_icmp(p) ? 4 : 2);
            put_word(
                p,
                at,
                d.from_to(relay::testing::first_public_port, relay::testing::last_public_port)
            );
        }}.at_own(kernels));
}

void add_addresses(const RsNTable& table) {
    table.nodes("another source", R::inner_source, [](Bytes& p, Draw& d) {
        p[(is_ipv6(p) ? 8 : 12) + d.below(is_ipv6(p) ? 16 : 4)] ^=
            static_cast<std::uint8_t>(d.from_to(4, 255));
        repair_if_ipv4(p);
    });
    table.nodes("another destination", R::inner_destination, [](Bytes& p, Draw& d) {
        p[(is_ipv6(p) ? 24 : 16) + d.below(is_ipv6(p) ? 16 : 4)] ^=
            static_cast<std::uint8_t>(d.from_to(1, 255));
        repair_if_ipv4(p);
    });
    table.general(RsNShape{
        "from a stranger", R::napt_filtered | R::napt_no_session, [](Bytes& p, Draw& d) {
            p[(is_ipv6(p) ? 8 : 12) + d.below(is_ipv6(p) ? 16 : 4)] ^=
                static_cast<std::uint8_t>(d.from_to(1, 255));
            repair_if_ipv4(p);
        }}.at_own(kernels));
    table.general(RsNShape{
        "a stranger's SYN", R::napt_syn_filtered, [](Bytes& p, Draw& d) {
            p[(is_ipv6(p) ? 8 : 12) + d.below(is_ipv6(p) ? 16 : 4)] ^=
                static_cast<std::uint8_t>(d.from_to(1, 255));
            p[upper_at(p) + 13] = 2;
            repair_if_ipv4(p);
        }}.of(napt::Kind::tcp));
}

void add_echoes(const RsNTable& table) {
    table.any(RsNShape{
        "another ICMP type",
        R::inner_icmp_type,
        [](Bytes& p, Draw& d) {
            p[upper_at(p)] = is_ipv6(p) ? d.one_of<std::uint8_t>({0, 5, 100, 127, 130, 134, 200})
                                        : d.one_of<std::uint8_t>({1, 4, 5, 9, 13, 17, 40, 255});
        }}.of(napt::Kind::echo_request)
                  .at_own(kernels));
    table.any(RsNShape{
        "an echo the wrong way round",
        R::inner_icmp_type,
        [](Bytes& p, Draw&) {
            std::uint8_t& type = p[upper_at(p)];
            type = static_cast<std::uint8_t>(type ^ (is_ipv6(p) ? 1U : 8U));
        }}.of(napt::Kind::echo_request)
                  .at_own(kernels));
}

}  // namespace

void add_inner_shapes(Shapes& shapes, RsNPackets& packets) {
    for (const bool is_ipv6 : {false, true}) {
        const RsNTable table{shapes, packets, is_ipv6};
        add_headers(table);
        is_ipv6 ? add_ipv6_headers(table) : add_ipv4_headers(table);
        add_protocols(table);
        add_ports(table);
        add_addresses(table);
        add_echoes(table);
    }
}

}  // namespace ntm::malformed
