// SPDX-License-Identifier: BSD-3-Clause
#include "common/dns/lookup.hpp"

#include "common/dns/wire.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <ldns/ldns.h>

namespace ntm::dns {

namespace {

constexpr std::uint16_t own_udp_size = 1232;
constexpr std::uint8_t flag_truncated = 0x02;  // in byte 2

struct FreePacket {
    void operator()(ldns_pkt* packet) const noexcept { ldns_pkt_free(packet); }
};
struct FreeRdata {
    void operator()(ldns_rdf* rdata) const noexcept { ldns_rdf_deep_free(rdata); }
};
using PacketPtr = std::unique_ptr<ldns_pkt, FreePacket>;
using NamePtr = std::unique_ptr<ldns_rdf, FreeRdata>;

ldns_rr_type number_of(RecordType type) {
    switch (type) {
        case RecordType::a:
            return LDNS_RR_TYPE_A;
        case RecordType::aaaa:
            return LDNS_RR_TYPE_AAAA;
        case RecordType::ns:
            return LDNS_RR_TYPE_NS;
        case RecordType::txt:
            break;
    }
    return LDNS_RR_TYPE_TXT;
}

NamePtr name_of(const std::string& text) {
    return NamePtr{ldns_dname_new_frm_str(text.c_str())};
}

ByteView bytes_of(const ldns_rdf* rdata) {
    return {ldns_rdf_data(rdata), ldns_rdf_size(rdata)};
}

std::string lower_case_of(const ldns_rdf* name) {
    std::string text = text_of(name);
    std::ranges::transform(text, text.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return text;
}

// A TXT record is a row of strings, each with its length in front.
std::string text_in(const ldns_rr* record) {
    std::string text;
    for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
        const ByteView string = bytes_of(ldns_rr_rdf(record, i));
        if (!string.empty()) {
            text += as_text(string.subspan(1));
        }
    }
    return text;
}

class Reader {
  public:
    Reader(const ldns_pkt* packet, const Question& question)
        : packet_{packet}, type_{question.type}, name_{name_of(question.name)} {}

    [[nodiscard]] Answer read() {
        const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(packet_);
        if (!name_ || (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN)) {
            return {};
        }
        answer_.kind =
            rcode == LDNS_RCODE_NOERROR ? Answer::Kind::exists : Answer::Kind::no_such_name;
        const ldns_rr_list* records = ldns_pkt_answer(packet_);
        for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
            take(ldns_rr_list_rr(records, i));
        }
        if (!has_records_) {
            take_authority();
        }
        answer_.ttl = ttl_ ? *ttl_ : Duration{0};
        return std::move(answer_);
    }

  private:
    void take(const ldns_rr* record) {
        note_ttl(ldns_rr_ttl(record));
        const ldns_rr_type type = ldns_rr_get_type(record);
        const bool is_of_name = ldns_dname_compare(ldns_rr_owner(record), name_.get()) == 0;
        const bool may_be_of_alias = type_ == RecordType::a || type_ == RecordType::aaaa;
        if (type != number_of(type_) || ldns_rr_rd_count(record) == 0 ||
            (!is_of_name && !may_be_of_alias)) {
            return;
        }
        has_records_ = true;
        if (may_be_of_alias) {
            if (const auto address = IpAddress::from_bytes(bytes_of(ldns_rr_rdf(record, 0)))) {
                answer_.addresses.push_back(*address);
            }
        } else if (type_ == RecordType::txt) {
            answer_.texts.push_back(text_in(record));
        } else {
            answer_.has_name_servers = true;
        }
    }

    // The zone's own record says for how long there is nothing: its TTL, or its last field if less.
    void take_authority() {
        const ldns_rr_list* records = ldns_pkt_authority(packet_);
        for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
            const ldns_rr* record = ldns_rr_list_rr(records, i);
            constexpr std::size_t minimum = 6;
            if (ldns_rr_get_type(record) == LDNS_RR_TYPE_SOA &&
                ldns_rr_rd_count(record) > minimum) {
                answer_.zone = lower_case_of(ldns_rr_owner(record));
                note_ttl(ldns_rr_ttl(record));
                note_ttl(ldns_rdf2native_int32(ldns_rr_rdf(record, minimum)));
            }
        }
    }

    void note_ttl(std::uint32_t seconds) {
        const Duration ttl = std::chrono::seconds{seconds};
        ttl_ = ttl_ ? std::min(*ttl_, ttl) : ttl;
    }

    const ldns_pkt* packet_;
    RecordType type_;
    NamePtr name_;
    Answer answer_;
    bool has_records_ = false;
    std::optional<Duration> ttl_;
};

}  // namespace

Bytes make_query(const Question& question) {
    NamePtr name = name_of(question.name);
    if (!name) {
        return {};
    }
    const PacketPtr packet{
        ldns_pkt_query_new(name.release(), number_of(question.type), LDNS_RR_CLASS_IN, LDNS_RD)};
    if (!packet) {
        return {};
    }
    ldns_pkt_set_edns_udp_size(packet.get(), own_udp_size);
    return wire_of(packet.get());
}

Answer read_answer(ByteView wire, const Question& question) {
    ldns_pkt* packet = nullptr;
    if (ldns_wire2pkt(&packet, wire.data(), wire.size()) != LDNS_STATUS_OK) {
        return {};
    }
    const PacketPtr owner{packet};
    return Reader{packet, question}.read();
}

bool is_truncated(ByteView wire) {
    return wire.size() >= head_size && (wire[2] & flag_truncated) != 0;
}

}  // namespace ntm::dns
