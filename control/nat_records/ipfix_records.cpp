// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/ipfix_records.hpp"

#include <array>
#include <chrono>
#include <span>
#include <string_view>

namespace ntm::control {

namespace {

// Of a field: an information element of IANA's, and how many bytes.
struct Field {
    std::uint16_t element;
    std::uint16_t size;
};
constexpr Field time_ms{323, 8};
constexpr Field nat_event{230, 1};
constexpr Field source_ipv4{8, 4};
constexpr Field source_ipv6{27, 16};
constexpr Field translated_ipv4{225, 4};
constexpr Field translated_ipv6{281, 16};
constexpr Field first_of_range{361, 2};
constexpr Field last_of_range{362, 2};
constexpr Field protocol{4, 1};
constexpr Field source_port{7, 2};
constexpr Field translated_port{227, 2};
constexpr Field destination_ipv4{12, 4};
constexpr Field destination_ipv6{28, 16};
constexpr Field destination_port{11, 2};
constexpr Field user_name{371, 0xffff};  // its length comes before it
constexpr Field pool{283, 4};
constexpr Field quota{466, 4};
constexpr Field most_sessions{471, 4};
constexpr Field most_mappings{472, 4};
constexpr Field most_of_user{473, 4};
constexpr Field most_subscribers{474, 4};
constexpr Field most_fragments{475, 4};

constexpr std::array block_ipv4{
    time_ms, nat_event, source_ipv4, translated_ipv4, first_of_range, last_of_range, user_name};
constexpr std::array block_ipv6{
    time_ms, nat_event, source_ipv6, translated_ipv6, first_of_range, last_of_range, user_name};
constexpr std::array session_ipv4{
    time_ms,
    nat_event,
    source_ipv4,
    translated_ipv4,
    protocol,
    source_port,
    translated_port,
    destination_ipv4,
    destination_port};
constexpr std::array session_ipv6{
    time_ms,
    nat_event,
    source_ipv6,
    translated_ipv6,
    protocol,
    source_port,
    translated_port,
    destination_ipv6,
    destination_port};
constexpr std::array user_quota_ipv4{
    time_ms, nat_event, quota, most_of_user, source_ipv4, user_name};
constexpr std::array user_quota_ipv6{
    time_ms, nat_event, quota, most_of_user, source_ipv6, user_name};
constexpr std::array address_ports_ipv4{time_ms, nat_event, translated_ipv4, protocol};
constexpr std::array address_ports_ipv6{time_ms, nat_event, translated_ipv6, protocol};
constexpr std::array all_addresses{time_ms, nat_event, pool};
constexpr std::array session_table{time_ms, nat_event, quota, most_sessions};
constexpr std::array mapping_table{time_ms, nat_event, quota, most_mappings};
constexpr std::array subscriber_table{time_ms, nat_event, quota, most_subscribers};
constexpr std::array fragment_table{time_ms, nat_event, quota, most_fragments};

const std::array<std::span<const Field>, 13> templates{
    block_ipv4,
    block_ipv6,
    session_ipv4,
    session_ipv6,
    user_quota_ipv4,
    user_quota_ipv6,
    address_ports_ipv4,
    address_ports_ipv6,
    all_addresses,
    session_table,
    mapping_table,
    subscriber_table,
    fragment_table};
// Their numbers, as they stand there; an IPv6 one is behind its IPv4 one.
constexpr std::uint16_t first_template = 256;
constexpr std::uint16_t of_block = first_template;
constexpr std::uint16_t of_session = first_template + 2;
constexpr std::uint16_t of_user_quota = first_template + 4;
constexpr std::uint16_t of_address_ports = first_template + 6;
constexpr std::uint16_t of_all_addresses = first_template + 8;
constexpr std::uint16_t of_session_table = first_template + 9;
constexpr std::uint16_t of_mapping_table = first_template + 10;
constexpr std::uint16_t of_subscriber_table = first_template + 11;
constexpr std::uint16_t of_fragment_table = first_template + 12;

// natEvent, as RFC 8158 has it. There is no number for sessions of an IPv6 address translated to another one:
// which it is the addresses tell.
enum class NatEvent : std::uint8_t {
    addresses_exhausted = 3,
    session_created = 4,
    session_deleted = 5,
    ports_exhausted = 12,
    quota_exceeded = 13,
    block_allocated = 16,
    block_deallocated = 17,
};
// natQuotaExceededEvent.
enum class Quota : std::uint32_t {
    session_entries = 1,
    mapping_entries = 2,
    entries_of_user = 3,
    subscribers = 4,
    fragments = 5,
};

std::uint16_t template_of(std::uint16_t of_ipv4, Family family) {
    return static_cast<std::uint16_t>(of_ipv4 + (family == Family::ipv4 ? 0 : 1));
}

// A pool is all public addresses of a family, and has the number of its version of IP.
std::uint32_t pool_of(Family family) {
    return family == Family::ipv4 ? 4 : 6;
}

void append_name(Bytes& to, std::string_view name) {
    // A domain name has 253 bytes at most, and this length is good for 254.
    append_number(to, static_cast<std::uint8_t>(name.size()));
    append(to, as_bytes(name));
}

IpfixRecord begin(std::uint16_t template_id, NatEvent event, const NatRecord& record) {
    IpfixRecord made{template_id, {}};
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(record.at.since_epoch);
    append_number(made.bytes, static_cast<std::uint64_t>(time.count()));
    append_number(made.bytes, static_cast<std::uint8_t>(event));
    return made;
}

IpfixRecord begin_quota(
    std::uint16_t template_id, Quota which, std::uint32_t limit, const NatRecord& record
) {
    IpfixRecord made = begin(template_id, NatEvent::quota_exceeded, record);
    append_number(made.bytes, static_cast<std::uint32_t>(which));
    append_number(made.bytes, limit);
    return made;
}

struct Maker {
    const NatRecord& record;

    [[nodiscard]] NatEvent either(NatEvent begins, NatEvent ends) const {
        return record.change == Change::begins ? begins : ends;
    }

    std::optional<IpfixRecord> operator()(const PublicBlock& block) const {
        const Family family = block.address.family();
        const NatEvent event = either(NatEvent::block_allocated, NatEvent::block_deallocated);
        IpfixRecord made = begin(template_of(of_block, family), event, record);
        append(made.bytes, record.tenant->vip(family).bytes());
        append(made.bytes, block.address.bytes());
        append_number(made.bytes, block.first_port);
        append_number(made.bytes, block.last_port);
        append_name(made.bytes, record.tenant->fqdn);
        return made;
    }
    std::optional<IpfixRecord> operator()(const NatSession& session) const {
        const Family family = session.outside.address.family();
        const NatEvent event = either(NatEvent::session_created, NatEvent::session_deleted);
        IpfixRecord made = begin(template_of(of_session, family), event, record);
        append(made.bytes, record.tenant->vip(family).bytes());
        append(made.bytes, session.outside.address.bytes());
        append_number(made.bytes, session.protocol);
        append_number(made.bytes, session.inside.port.number);
        append_number(made.bytes, session.outside.port.number);
        append(made.bytes, session.remote.address.bytes());
        append_number(made.bytes, session.remote.port.number);
        return made;
    }
    std::optional<IpfixRecord> operator()(const Shortage& shortage) const {
        switch (shortage.of) {
            case napt::Scarce::subscriber_ports:
            case napt::Scarce::subscriber_sessions:
                return user_quota(shortage);
            case napt::Scarce::address_ports:
                return address_ports(shortage);
            case napt::Scarce::addresses: {
                IpfixRecord made = begin(of_all_addresses, NatEvent::addresses_exhausted, record);
                append_number(made.bytes, pool_of(shortage.family));
                return made;
            }
            case napt::Scarce::mappings:
                return begin_quota(
                    of_mapping_table, Quota::mapping_entries, shortage.limit, record
                );
            case napt::Scarce::sessions:
                return begin_quota(
                    of_session_table, Quota::session_entries, shortage.limit, record
                );
            case napt::Scarce::subscribers:
                return begin_quota(of_subscriber_table, Quota::subscribers, shortage.limit, record);
            case napt::Scarce::fragments:
                break;
        }
        return begin_quota(of_fragment_table, Quota::fragments, shortage.limit, record);
    }
    std::optional<IpfixRecord> operator()(const RealAddress&) const { return std::nullopt; }
    std::optional<IpfixRecord> operator()(const RunBegan&) const { return std::nullopt; }
    std::optional<IpfixRecord> operator()(const RecordsLost&) const { return std::nullopt; }

  private:
    [[nodiscard]] IpfixRecord user_quota(const Shortage& shortage) const {
        const std::uint16_t its_template = template_of(of_user_quota, shortage.family);
        IpfixRecord made =
            begin_quota(its_template, Quota::entries_of_user, shortage.limit, record);
        append(made.bytes, record.tenant->vip(shortage.family).bytes());
        append_name(made.bytes, record.tenant->fqdn);
        return made;
    }
    [[nodiscard]] IpfixRecord address_ports(const Shortage& shortage) const {
        const std::uint16_t its_template = template_of(of_address_ports, shortage.family);
        IpfixRecord made = begin(its_template, NatEvent::ports_exhausted, record);
        append(made.bytes, shortage.address->bytes());
        append_number(made.bytes, shortage.protocol);
        return made;
    }
};

}  // namespace

std::optional<IpfixRecord> ipfix_record(const NatRecord& record) {
    if (record.change == Change::goes_on) {
        return std::nullopt;
    }
    return std::visit(Maker{record}, record.what);
}

Bytes ipfix_templates() {
    constexpr std::uint16_t template_set = 2;
    Bytes body;
    for (std::size_t i = 0; i < templates.size(); ++i) {
        append_number(body, static_cast<std::uint16_t>(first_template + i));
        append_number(body, static_cast<std::uint16_t>(templates[i].size()));
        for (const Field& field : templates[i]) {
            append_number(body, field.element);
            append_number(body, field.size);
        }
    }
    Bytes set;
    append_number(set, template_set);
    append_number(set, static_cast<std::uint16_t>(body.size() + 4));
    append(set, body);
    return set;
}

}  // namespace ntm::control
