// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/dns_message.hpp"

#include "common/base/byte_order.hpp"
#include "common/dns/wire.hpp"

#include <algorithm>
#include <utility>

#include <ldns/ldns.h>

namespace ntm::client {

namespace {

using dns::flag_is_answer;
using dns::head_size;

constexpr std::size_t least_udp_size = 512;
constexpr std::uint16_t own_udp_size = 1232;
constexpr std::uint8_t flag_truncated = 0x02;            // in byte 2
constexpr std::uint8_t flag_recursion_available = 0x80;  // in byte 3
constexpr std::uint8_t extended_bad_version = 1;         // above rcode 0: BADVERS, 16
constexpr int type_svcb = 64;
constexpr int type_https = 65;

bool is_query(ByteView wire) {
    return wire.size() >= head_size && (wire[2] & flag_is_answer) == 0;
}

// Only a head: what an unreadable question gets.
Bytes format_error(ByteView wire) {
    Bytes answer(head_size, 0);
    std::copy_n(wire.begin(), 2, answer.begin());
    answer[2] = static_cast<std::uint8_t>((wire[2] & 0x79) | flag_is_answer);
    answer[3] = flag_recursion_available | static_cast<std::uint8_t>(DnsRcode::format_error);
    return answer;
}

DnsQuery::Kind kind_of(const ldns_rr* question) {
    if (ldns_rr_get_class(question) != LDNS_RR_CLASS_IN) {
        return DnsQuery::Kind::foreign;
    }
    switch (static_cast<int>(ldns_rr_get_type(question))) {
        case LDNS_RR_TYPE_A:
            return DnsQuery::Kind::address_v4;
        case LDNS_RR_TYPE_AAAA:
            return DnsQuery::Kind::address_v6;
        case type_svcb:
        case type_https:
            return DnsQuery::Kind::service;
        default:
            return DnsQuery::Kind::other;
    }
}

void push_record(ldns_pkt* packet, const ldns_rdf* owner, const IpAddress& address) {
    const bool is_v4 = address.is_ipv4();
    ldns_rr* record = ldns_rr_new();
    ldns_rr_set_owner(record, ldns_rdf_clone(owner));
    ldns_rr_set_type(record, is_v4 ? LDNS_RR_TYPE_A : LDNS_RR_TYPE_AAAA);
    ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(record, address_ttl_seconds);
    ldns_rr_push_rdf(
        record,
        ldns_rdf_new_frm_data(
            is_v4 ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA,
            address.bytes().size(),
            address.bytes().data()
        )
    );
    ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, record);
}

}  // namespace

struct DnsParser {
    [[nodiscard]] static ParsedQuery parse(ByteView wire) {
        if (!is_query(wire)) {
            return {};
        }
        DnsQuery query;
        query.wire_ = Bytes{wire.begin(), wire.end()};
        const bool is_readable =
            ldns_wire2pkt(&query.packet_, wire.data(), wire.size()) == LDNS_STATUS_OK;
        if (!is_readable) {
            query.packet_ = nullptr;
            return {std::nullopt, format_error(wire)};
        }
        if (ldns_pkt_get_opcode(query.packet_) != LDNS_PACKET_QUERY) {
            return {std::move(query), {}};
        }
        if (ldns_pkt_qdcount(query.packet_) != 1 || !dns::question_end(wire)) {
            return {std::nullopt, format_error(wire)};
        }
        const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(query.packet_), 0);
        query.name_ = dns::text_of(ldns_rr_owner(question));
        query.kind_ = kind_of(question);
        if (ldns_pkt_edns(query.packet_)) {
            query.udp_size_ =
                std::max<std::size_t>(least_udp_size, ldns_pkt_edns_udp_size(query.packet_));
        }
        return {std::move(query), {}};
    }
};

ParsedQuery parse_query(ByteView wire) {
    return DnsParser::parse(wire);
}

DnsQuery::~DnsQuery() {
    if (packet_ != nullptr) {
        ldns_pkt_free(packet_);
    }
}

DnsQuery::DnsQuery(DnsQuery&& other) noexcept
    : packet_{std::exchange(other.packet_, nullptr)},
      wire_{std::move(other.wire_)},
      name_{std::move(other.name_)},
      kind_{other.kind_},
      udp_size_{other.udp_size_} {}

DnsQuery& DnsQuery::operator=(DnsQuery&& other) noexcept {
    std::swap(packet_, other.packet_);
    std::swap(wire_, other.wire_);
    std::swap(name_, other.name_);
    std::swap(kind_, other.kind_);
    std::swap(udp_size_, other.udp_size_);
    return *this;
}

std::uint16_t DnsQuery::id() const noexcept {
    return load<Be16>(wire_.data()).to_host();
}

Bytes DnsQuery::answer(DnsRcode rcode, const std::vector<IpAddress>& addresses) const {
    ldns_pkt* packet = ldns_pkt_new();
    ldns_pkt_set_id(packet, id());
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_opcode(packet, ldns_pkt_get_opcode(packet_));
    ldns_pkt_set_rd(packet, ldns_pkt_rd(packet_));
    ldns_pkt_set_ra(packet, true);
    ldns_pkt_set_rcode(packet, static_cast<std::uint8_t>(rcode));
    const ldns_rr_list* questions = ldns_pkt_question(packet_);
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(questions); ++i) {
        ldns_rr* question = ldns_rr_clone(ldns_rr_list_rr(questions, i));
        ldns_rr_set_question(question, true);
        ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
    }
    if (ldns_pkt_edns(packet_)) {
        ldns_pkt_set_edns_udp_size(packet, own_udp_size);
        ldns_pkt_set_edns_do(packet, ldns_pkt_edns_do(packet_));
    }
    const bool is_bad_version = ldns_pkt_edns(packet_) && ldns_pkt_edns_version(packet_) != 0;
    if (is_bad_version) {
        ldns_pkt_set_rcode(packet, 0);
        ldns_pkt_set_edns_extended_rcode(packet, extended_bad_version);
    } else if (rcode == DnsRcode::no_error) {
        for (const IpAddress& address : addresses) {
            push_record(packet, ldns_rr_owner(ldns_rr_list_rr(questions, 0)), address);
        }
    }
    Bytes wire = dns::wire_of(packet);
    ldns_pkt_free(packet);
    return wire;
}

Bytes DnsQuery::truncated_answer() const {
    const std::size_t end = dns::question_end(wire_).value_or(head_size);
    Bytes answer{wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(end)};
    answer[2] = static_cast<std::uint8_t>((answer[2] & 0x79) | flag_is_answer | flag_truncated);
    answer[3] = flag_recursion_available;
    store(answer.data() + 4, Be16::from_host(end > head_size ? 1 : 0));
    std::fill(answer.begin() + 6, answer.begin() + head_size, std::uint8_t{0});
    return answer;
}

}  // namespace ntm::client
