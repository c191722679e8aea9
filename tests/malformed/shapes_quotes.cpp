// SPDX-License-Identifier: BSD-3-Clause
// RS-N: ICMP and ICMPv6 errors, from nodes about what they got and from routers about what nodes sent.
#include "common/packet/ipv4.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/rs_n_shapes.hpp"

namespace ntm::malformed {

namespace {

using R = DropReason;

constexpr Outcomes kernels = Outcomes::punt(relay::PuntClass::host);

// Of what is quoted.
void add_quotes(const RsNTable& table) {
    const auto any = [&table](const RsNShape& shape) {
        table.add_quotes(all_sides, shape);
    };
    any({"just what it is about", Outcomes::relayed(), [](Bytes&, Draw&) {
         }});
    any({"a quote cut behind its ports", Outcomes::relayed(), [](Bytes& q, Draw& d) {
             q.resize(d.from_to(header_length(q) + 8, q.size()));
         }});
    any(RsNShape{
        "a quote cut short", R::bad_quote, [](Bytes& q, Draw& d) {
            q.resize(d.below(header_length(q) + 8));
        }}.at_own(kernels));
    any({"a long quote", Outcomes::relayed(), [](Bytes& q, Draw& d) {
             q.resize(q.size() + d.below(1300));
         }});
    any(RsNShape{
        "a quote of another version", R::bad_quote, [](Bytes& q, Draw& d) {
            q[0] = static_cast<std::uint8_t>(d.one_of({0U, 1U, 5U, 7U, 15U}) << 4 | (q[0] & 0x0fU));
        }}.at_own(kernels));
    any(RsNShape{
        "a quote of another protocol", R::bad_quote, [](Bytes& q, Draw& d) {
            q[is_ipv6(q) ? 6 : 9] = d.one_of<std::uint8_t>({2, 4, 41, 47, 50, 51, 132, 255});
            repair_if_ipv4(q);
        }}.at_own(kernels));
    any(RsNShape{
        "a quote with any lengths", Outcomes::relayed(), [](Bytes& q, Draw& d) {
            put_word(q, is_ipv6(q) ? 4 : 2, d.below(0x10000));
            put_word(q, header_length(q) + 4, d.below(0x10000));
            repair_if_ipv4(q);
        }}.of(napt::Kind::udp));
    any({"a random quote", Outcomes::anything(), [](Bytes& q, Draw& d) {
             q.resize(d.below(120));
             for (std::uint8_t& byte : q) {
                 byte = d.byte();
             }
         }});
}

void add_ipv4_quotes(const RsNTable& table) {
    const auto any = [&table](const RsNShape& shape) {
        table.add_quotes(all_sides, shape);
    };
    any({"a quote with a wrong header checksum", R::inner_icmp_checksum, [](Bytes& q, Draw& d) {
             q[d.one_of({1U, 4U, 5U, 8U, 10U, 11U, 13U, 18U})] ^=
                 static_cast<std::uint8_t>(d.from_to(1, 255));
         }});
    any({"a quote with options", Outcomes::relayed(), [](Bytes& q, Draw& d) {
             const std::size_t words = d.from_to(1, 10);
             q.insert(q.begin() + 20, words * 4, std::uint8_t{1});
             q[0] = static_cast<std::uint8_t>(0x45 + words);
             napt::repair_ipv4_header(q);
         }});
    any(RsNShape{
        "a quote with a wrong header length",
        R::bad_quote | R::inner_icmp_checksum,
        [](Bytes& q, Draw& d) {
            q[0] = static_cast<std::uint8_t>(0x40 | d.one_of({0U, 1U, 4U, 6U, 7U, 15U}));
        }}.at_own(kernels));
    any({"a quote of a later fragment", R::bad_quote, [](Bytes& q, Draw& d) {
             put_word(q, 6, d.from_to(1, 0x1fff) | d.one_of({0U, 0x2000U}));
             repair_ipv4_header(q);
         }});
}

void add_ipv6_quotes(const RsNTable& table) {
    table.add_quotes(
        all_sides,
        RsNShape{
            "a quote with an extension header",
            R::bad_quote,
            [](Bytes& q, Draw& d) {
                q[6] = d.one_of<std::uint8_t>({0, 43, 44, 51, 60, 135});
            }}
            .at_own(kernels)
    );
}

// The general node may send to the node from any port, but the node has sent to one alone.
void add_ports(const RsNTable& table) {
    table.add_quotes(
        from_node,
        RsNShape{
            "a quote of another remote port",
            Outcomes::relayed(),
            [](Bytes& q, Draw& d) {
                put_word(q, header_length(q), extreme(443, 0xffff, d));
            }}
            .of(napt::Kind::tcp)
    );
    table.add_quotes(
        from_general,
        RsNShape{
            "a quote of another remote port",
            R::unknown_quote,
            [](Bytes& q, Draw& d) {
                put_word(q, header_length(q) + 2, extreme(443, 0xffff, d));
            }}
            .of(napt::Kind::tcp)
    );
    table.add_quotes(
        from_node,
        RsNShape{
            "a quote of a port that he has not",
            R::unknown_quote,
            [](Bytes& q, Draw& d) {
                put_word(q, header_length(q) + 2, d.from_to(50000, 65535));
            }}
            .of(napt::Kind::udp)
    );
}

// Of the error itself.
void add_errors(const RsNTable& table) {
    const auto any = [&table](const RsNShape& shape) {
        table.add_errors(all_sides, shape);
    };
    any(RsNShape{"an error with a wrong checksum", R::inner_icmp_checksum, [](Bytes& p, Draw& d) {
                     const std::size_t at = header_length(p) + 2;
                     put_word(p, at, word_at(p, at) ^ d.from_to(1, 0xfffe));
                 }});
    any(RsNShape{
        "an error of another type", R::inner_icmp_type, [](Bytes& p, Draw& d) {
            p[header_length(p)] = is_ipv6(p)
                                      ? d.one_of<std::uint8_t>({0, 5, 100, 127, 130, 137, 200})
                                      : d.one_of<std::uint8_t>({1, 4, 5, 9, 10, 13, 255});
            repair(p);
        }}.at_own(kernels));
    any({"an error of any kind", Outcomes::relayed(), [](Bytes& p, Draw& d) {
             const std::size_t at = header_length(p);
             p[at] =
                 is_ipv6(p) ? d.one_of<std::uint8_t>({2, 4}) : d.one_of<std::uint8_t>({3, 11, 12});
             p[at + 1] = d.byte();
             // In the place of a length (RFC 4884) there is none.
             put_word(p, at + 6, d.below(0x10000));
             repair(p);
         }});
    any(
        {"an error with any length of its quote",
         Outcomes::relayed() | R::bad_quote,
         [](Bytes& p, Draw& d) {
             const std::size_t at = header_length(p);
             p[at] =
                 is_ipv6(p) ? d.one_of<std::uint8_t>({1, 3}) : d.one_of<std::uint8_t>({3, 11, 12});
             p[at + (is_ipv6(p) ? 4 : 5)] = d.byte();
             repair(p);
         }}
    );
    any({"an error at its last hop", R::ttl_expired, [](Bytes& p, Draw& d) {
             p[is_ipv6(p) ? 7 : 8] = static_cast<std::uint8_t>(d.below(2));
             repair_if_ipv4(p);
         }});
    any(RsNShape{
        "an error cut at any length",
        Outcomes::relayed() | R::bad_quote | Outcomes::drop(R::inner_icmp),
        [](Bytes& p, Draw& d) {
            p.resize(d.from_to(header_length(p), p.size() - 1));
            repair(p);
        }}.at_own(kernels));
}

// An error about an error, whose fourth word is the port of the inner quote: as an echo has it there.
void add_errors_about_errors(const RsNTable& table) {
    table.add_quotes(
        all_sides,
        RsNShape{
            "a quote of an error",
            R::bad_quote,
            [](Bytes& q, Draw&) {
                const std::size_t header = header_length(q);
                const Bytes quoted = q;
                const std::uint16_t port = word_at(q, header);
                q[is_ipv6(q) ? 6 : 9] = is_ipv6(q) ? ip_protocol::icmpv6 : ip_protocol::icmp;
                q.resize(header);
                q.resize(header + 8);
                q[header] = is_ipv6(q) ? 4 : 12;
                put_word(q, header + 4, port);
                append(q, quoted);
                repair(q);
            }}
            .of(napt::Kind::udp)
    );
}

}  // namespace

void add_quote_shapes(Shapes& shapes, RsNPackets& packets) {
    for (const bool is_ipv6 : {false, true}) {
        const RsNTable table{shapes, packets, is_ipv6};
        add_quotes(table);
        add_ports(table);
        is_ipv6 ? add_ipv6_quotes(table) : add_ipv4_quotes(table);
        add_errors(table);
        add_errors_about_errors(table);
    }
}

}  // namespace ntm::malformed
