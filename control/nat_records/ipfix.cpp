// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/ipfix.hpp"

#include <chrono>
#include <optional>

namespace ntm::control {

namespace {

constexpr std::uint16_t version = 10;
constexpr std::size_t set_header = 4;

void set_length(Bytes& bytes, std::size_t at, std::size_t length) {
    bytes[at] = static_cast<std::uint8_t>(length >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(length);
}

}  // namespace

void IpfixExporter::add(const NatRecord& record) {
    if (auto made = ipfix_record(record)) {
        waiting_.push_back(*std::move(made));
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
    append_number(bytes, version);
    append_number(bytes, std::uint16_t{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wall.since_epoch);
    append_number(bytes, static_cast<std::uint32_t>(seconds.count()));
    append_number(bytes, sequence_);
    append_number(bytes, settings_.domain);
    if (sends_templates_) {
        append(bytes, ipfix_templates());
        sends_templates_ = false;
    }
    std::optional<std::uint16_t> open_set;
    std::size_t set_begin = 0;
    for (; first_waiting_ < waiting_.size(); ++first_waiting_) {
        const IpfixRecord& record = waiting_[first_waiting_];
        const bool is_new_set = open_set != record.template_id;
        if (bytes.size() + record.bytes.size() + (is_new_set ? set_header : 0) > most_bytes) {
            break;
        }
        if (is_new_set) {
            open_set = record.template_id;
            set_begin = bytes.size();
            append_number(bytes, record.template_id);
            append_number(bytes, std::uint16_t{0});
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
