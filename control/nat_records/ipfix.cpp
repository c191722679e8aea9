// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/ipfix.hpp"

#include <array>
#include <optional>
#include <span>

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

constexpr std::array block_ipv4{
    time_ms, nat_event, source_ipv4, translated_ipv4, first_of_range, last_of_range};
constexpr std::array block_ipv6{
    time_ms, nat_event, source_ipv6, translated_ipv6, first_of_range, last_of_range};
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

// Their numbers begin at 256.
constexpr std::uint16_t first_template = 256;
const std::array<std::span<const Field>, 4> templates{
    block_ipv4, block_ipv6, session_ipv4, session_ipv6};

constexpr std::uint16_t version = 10;
constexpr std::uint16_t template_set = 2;
constexpr std::size_t set_header = 4;

// natEvent, as RFC 8158 has it. There is no number for sessions of an IPv6 address translated to another one:
// which it is the addresses tell.
constexpr std::uint8_t session_created = 4;
constexpr std::uint8_t session_deleted = 5;
constexpr std::uint8_t block_allocated = 16;
constexpr std::uint8_t block_deallocated = 17;

template <typename Number>
void put(Bytes& to, Number number) {
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        to.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
    }
}

void set_length(Bytes& bytes, std::size_t at, std::size_t length) {
    bytes[at] = static_cast<std::uint8_t>(length >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(length);
}

void put_templates(Bytes& to) {
    const std::size_t begin = to.size();
    put(to, template_set);
    put(to, std::uint16_t{0});
    for (std::size_t i = 0; i < templates.size(); ++i) {
        put(to, static_cast<std::uint16_t>(first_template + i));
        put(to, static_cast<std::uint16_t>(templates[i].size()));
        for (const Field& field : templates[i]) {
            put(to, field.element);
            put(to, field.size);
        }
    }
    set_length(to, begin + 2, to.size() - begin);
}

std::uint16_t template_of(std::size_t of_ipv4, Family family) {
    return static_cast<std::uint16_t>(first_template + of_ipv4 + (family == Family::ipv4 ? 0 : 1));
}

Bytes head_of(const NatRecord& record, std::uint8_t event, const IpAddress& public_address) {
    Bytes bytes;
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(record.at.since_epoch);
    put(bytes, static_cast<std::uint64_t>(time.count()));
    put(bytes, event);
    append(bytes, record.tenant->vip(public_address.family()).bytes());
    append(bytes, public_address.bytes());
    return bytes;
}

}  // namespace

void IpfixExporter::add(const NatRecord& record) {
    if (record.change == Change::goes_on || !record.tenant) {
        return;
    }
    const bool begins = record.change == Change::begins;
    if (const auto* const block = std::get_if<PublicBlock>(&record.what)) {
        Bytes bytes = head_of(record, begins ? block_allocated : block_deallocated, block->address);
        put(bytes, block->first_port);
        put(bytes, block->last_port);
        waiting_.push_back({template_of(0, block->address.family()), std::move(bytes)});
    }
    if (const auto* const session = std::get_if<NatSession>(&record.what)) {
        const IpAddress& address = session->outside.address;
        Bytes bytes = head_of(record, begins ? session_created : session_deleted, address);
        put(bytes, session->protocol);
        put(bytes, session->inside.port.number);
        put(bytes, session->outside.port.number);
        append(bytes, session->remote.address.bytes());
        put(bytes, session->remote.port.number);
        waiting_.push_back({template_of(2, address.family()), std::move(bytes)});
    }
}

std::vector<IpfixMessage> IpfixExporter::take(Instant now, WallTime wall) {
    if (templates_due_ <= now) {
        templates_due_ = now + settings_.templates_every;
        sends_templates_ = true;
    }
    std::vector<IpfixMessage> messages;
    while (sends_templates_ || first_waiting_ < waiting_.size()) {
        messages.push_back(next_message(wall));
    }
    waiting_.clear();
    first_waiting_ = 0;
    return messages;
}

IpfixMessage IpfixExporter::next_message(WallTime wall) {
    IpfixMessage message;
    Bytes& bytes = message.bytes;
    put(bytes, version);
    put(bytes, std::uint16_t{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wall.since_epoch);
    put(bytes, static_cast<std::uint32_t>(seconds.count()));
    put(bytes, sequence_);
    put(bytes, settings_.domain);
    if (sends_templates_) {
        put_templates(bytes);
        sends_templates_ = false;
    }
    std::optional<std::uint16_t> open_set;
    std::size_t set_begin = 0;
    for (; first_waiting_ < waiting_.size(); ++first_waiting_) {
        const DataRecord& record = waiting_[first_waiting_];
        const bool is_new_set = open_set != record.template_id;
        if (bytes.size() + record.bytes.size() + (is_new_set ? set_header : 0) > most_bytes) {
            break;
        }
        if (is_new_set) {
            open_set = record.template_id;
            set_begin = bytes.size();
            put(bytes, record.template_id);
            put(bytes, std::uint16_t{0});
        }
        append(bytes, record.bytes);
        set_length(bytes, set_begin + 2, bytes.size() - set_begin);
        ++message.records;
    }
    set_length(bytes, 2, bytes.size());
    sequence_ += static_cast<std::uint32_t>(message.records);
    return message;
}

}  // namespace ntm::control
