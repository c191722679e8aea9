// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/ledger.hpp"

#include "tests/simulation/world/frames.hpp"

#include <algorithm>
#include <string_view>

namespace ntm::simulation {

namespace {
constexpr std::string_view marker = "NTM simulation:)";
}

Bytes Ledger::make(Entry entry, const Endpoint& from, const Endpoint& to, std::size_t size) {
    Bytes payload;
    append(payload, as_bytes(marker));
    payload.resize(std::max(marker.size() + 8, size));
    store(payload.data() + marker.size(), static_cast<std::uint64_t>(entries_.size()));
    entry.packet = build_udp_packet({}, {from, to, payload});
    entries_.push_back(entry);
    return entry.packet;
}

std::optional<std::uint64_t> Ledger::deliver(std::size_t node, ByteView packet, Instant now) {
    const auto opened = open_udp_packet(packet);
    if (!opened || opened->datagram.payload.size() < marker.size() + 8) {
        breaches_.push_back("a delivered packet is none of the applications'");
        return std::nullopt;
    }
    const auto number = load<std::uint64_t>(opened->datagram.payload.data() + marker.size());
    if (number >= entries_.size()) {
        breaches_.push_back("a delivered packet was never sent");
        return std::nullopt;
    }
    Entry& entry = entries_[number];
    const std::string name = "packet " + std::to_string(number);
    if (!std::ranges::equal(entry.packet, packet)) {
        breaches_.push_back(name + " was changed under way");
    }
    if (entry.addressee != node) {
        breaches_.push_back(name + " reached another node than its addressee");
    }
    if (entry.delivered) {
        breaches_.push_back(name + " was delivered twice");
    }
    entry.delivered = now;
    if (entry.is_echo) {
        entries_[entry.echo_of].echoed = now;
    }
    return number;
}

}  // namespace ntm::simulation
